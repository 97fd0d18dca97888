/* Outbound: INVITE, its answers, ACK and PRACK. */
#include "sip/agent_private.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/id.h"
#include "base/log.h"
#include "base/mem.h"

#define MAX_CHALLENGES 16

static int on_invite_response(void *arg, nta_outgoing_t *orq, sip_t const *sip);

void leg_send_invite(struct sip_leg *leg, const char *sdp)
{
	struct sip_agent *agent = leg->agent;
	bool initial = !leg->confirmed_once;
	char *session = session_request_header(leg), *authorization = NULL;

	if (leg->login.header_value)
		authorization =
			xasprintf("%s: %s\r\n", leg->login.header_name, leg->login.header_value);
	leg->invite_out = nta_outgoing_tcreate(leg->dialog, on_invite_response, leg,
		URL_STRING_MAKE(initial ? leg->hop : leg_next_hop(leg)), SIP_METHOD_INVITE,
		initial ? URL_STRING_MAKE(leg->request_uri) : NULL,
		TAG_IF(initial, SIPTAG_ROUTE_STR(leg->route)), NTATAG_REL100(initial),
		SIPTAG_CONTACT_STR(leg->contact), SIPTAG_ALLOW_STR(SIP_ALLOW),
		SIPTAG_SUPPORTED_STR(SIP_SUPPORTED), NTATAG_TPORT(leg->tport),
		SIPTAG_USER_AGENT_STR(agent->user_agent), SIPTAG_HEADER_STR(session),
		SIPTAG_HEADER_STR(authorization), TAG_IF(initial, SIPTAG_HEADER_STR(leg->headers)),
		TAG_IF(sdp, SIPTAG_CONTENT_TYPE_STR("application/sdp")), SIPTAG_PAYLOAD_STR(sdp),
		TAG_END());
	free(session);
	free(authorization);
	if (!leg->invite_out)
		leg_end(leg, 500, "the INVITE could not be written", false);
}

static void send_ack(struct sip_leg *leg, nta_outgoing_t *invite, sip_t const *sip)
{
	char cseq[32], *authorization = NULL;
	nta_outgoing_t *ack;

	snprintf(cseq, sizeof(cseq), "%u ACK", sip->sip_cseq->cs_seq);
	if (leg->login.header_value)
		authorization =
			xasprintf("%s: %s\r\n", leg->login.header_name, leg->login.header_value);
	ack = nta_outgoing_tcreate(leg->dialog, NULL, NULL, URL_STRING_MAKE(leg_next_hop(leg)),
		SIP_METHOD_ACK, NULL, SIPTAG_CSEQ_STR(cseq),
		NTATAG_ACK_BRANCH(nta_outgoing_branch(invite)), NTATAG_TPORT(leg->tport),
		SIPTAG_USER_AGENT_STR(leg->agent->user_agent), SIPTAG_HEADER_STR(authorization),
		TAG_END());
	nta_outgoing_destroy(ack); /* sofia keeps it, to send it again for each 2xx */
	free(authorization);
}

static void send_prack(struct sip_leg *leg, sip_t const *sip)
{
	nta_outgoing_t *tagged, *prack;

	if (!nta_leg_get_rtag(leg->dialog)) {
		nta_leg_rtag(leg->dialog, sip->sip_to->a_tag);
		nta_leg_client_route(leg->dialog, sip->sip_record_route, sip->sip_contact);
		tagged = nta_outgoing_tagged(leg->invite_out, on_invite_response, leg,
			sip->sip_to->a_tag, sip->sip_rseq);
		if (!tagged)
			return;
		nta_outgoing_destroy(leg->invite_out);
		leg->invite_out = tagged;
	}
	prack = nta_outgoing_prack(leg->dialog, leg->invite_out, NULL, NULL,
		URL_STRING_MAKE(leg_next_hop(leg)), sip, NTATAG_TPORT(leg->tport),
		SIPTAG_USER_AGENT_STR(leg->agent->user_agent), TAG_END());
	nta_outgoing_destroy(prack);
}

static void learn_peer(struct sip_leg *leg, sip_t const *sip)
{
	if (sip->sip_allow)
		leg->peer_allows_update = sip_is_allowed(sip->sip_allow, SIP_METHOD_UPDATE);
	if (sip->sip_supported)
		leg->peer_supports_timer = has_option(sip->sip_supported->k_items, "timer");
	if (sip->sip_server && !leg->user_agent)
		leg->user_agent = xstrdup(sip->sip_server->g_string);
}

static void on_provisional(struct sip_leg *leg, sip_t const *sip)
{
	size_t length;
	const char *sdp = leg_body(sip, &length);
	int status = sip->sip_status->st_status;

	if (status == 100 || leg->confirmed_once || leg->state == SIP_LEG_CONFIRMED)
		return;
	learn_peer(leg, sip);
	if (sip->sip_rseq && sip->sip_to->a_tag && sip->sip_require &&
		has_option(sip->sip_require->k_items, "100rel"))
		send_prack(leg, sip);
	leg->state = SIP_LEG_EARLY;
	if (leg->handler && leg->handler->on_ringing && !leg->cancelled)
		leg->handler->on_ringing(leg->arg, status, sdp, length);
}

/* Whether the body of this 200 tells the owner anything: a refresh of ours repeats it. */
static bool is_news(struct sip_leg *leg, const char *sdp, size_t length)
{
	bool same = sdp && leg->remote_sdp && strlen(leg->remote_sdp) == length &&
		    memcmp(leg->remote_sdp, sdp, length) == 0;

	if (sdp) {
		free(leg->remote_sdp);
		leg->remote_sdp = xstrndup(sdp, length);
	}
	return !(leg->refreshing && (same || !sdp));
}

static void on_success(struct sip_leg *leg, nta_outgoing_t *orq, sip_t const *sip)
{
	size_t length;
	const char *sdp = leg_body(sip, &length);
	bool news = is_news(leg, sdp, length);

	if (!leg->confirmed_once)
		nta_leg_rtag(leg->dialog, sip->sip_to->a_tag);
	nta_leg_client_route(leg->dialog, sip->sip_record_route, sip->sip_contact);
	learn_peer(leg, sip);
	send_ack(leg, orq, sip);
	nta_outgoing_destroy(orq);
	leg->invite_out = NULL;
	leg->login.rounds = 0;
	leg->refreshing = false;
	if (leg->cancelled || leg->freed) { /* the 200 has crossed our CANCEL */
		leg_bye(leg, NULL, NULL);
		leg_end(leg, 487, "cancelled", false);
		return;
	}
	leg->state = SIP_LEG_CONFIRMED;
	leg->confirmed_once = true;
	session_response(leg, sip);
	session_start(leg);
	if (news && leg->handler && leg->handler->on_answered)
		leg->handler->on_answered(leg->arg, sdp, length);
}

static size_t collect_challenges(su_home_t *home, const sip_www_authenticate_t *challenge,
	const char *values[MAX_CHALLENGES])
{
	size_t count = 0;

	for (; challenge && count < MAX_CHALLENGES; challenge = challenge->au_next) {
		values[count] = sip_header_as_string(home, (const sip_header_t *)challenge);
		if (values[count])
			count++;
	}
	return count;
}

/* Answers a challenge to this dialog's own INVITE by sending it again. */
static bool answer_challenge(struct sip_leg *leg, nta_outgoing_t *orq, sip_t const *sip)
{
	const char *values[MAX_CHALLENGES];
	bool proxy = sip->sip_status->st_status == 407, answered;
	su_home_t home[1] = {SU_HOME_INIT(home)};
	size_t count;
	char *uri;

	count = collect_challenges(
		home, proxy ? sip->sip_proxy_authenticate : sip->sip_www_authenticate, values);
	uri = url_as_string(home, nta_outgoing_request_uri(orq));
	answered = uri && digest_login_challenge(&leg->login, proxy, values, count, "INVITE", uri);
	su_home_deinit(home);
	return answered;
}

/* RFC 4028 section 7.4: the interval was too small for somebody on the way. */
static bool raise_interval(struct sip_leg *leg, sip_t const *sip)
{
	if (!sip->sip_min_se || sip->sip_min_se->min_delta <= leg->min_se_s ||
		sip->sip_min_se->min_delta > 86400)
		return false;
	leg->min_se_s = (unsigned)sip->sip_min_se->min_delta;
	return true;
}

static void resend(struct sip_leg *leg)
{
	char *sdp = xstrdup(leg->local_sdp);

	leg_send_invite(leg, sdp);
	free(sdp);
}

bool leg_check_alive(struct sip_leg *leg, int status)
{
	if (status != 408 && status != 481)
		return true;
	if (status == 408)
		leg_bye(leg, NULL, NULL);
	leg_end(leg, status, status == 408 ? "no answer inside the call" : "the call is unknown",
		false);
	return false;
}

static void on_glare(void *arg)
{
	struct sip_leg *leg = arg;

	leg_enter(leg);
	if (leg->state == SIP_LEG_CONFIRMED && !leg->invite_out && !leg->offer_in)
		resend(leg);
	agent_poke(leg->agent);
	leg_leave(leg);
}

/* A re-INVITE of ours failed: the call goes on as it was (RFC 3261 section 14.1). */
static void on_reinvite_failure(struct sip_leg *leg, int status)
{
	if (!leg_check_alive(leg, status) || status != 491)
		return;
	timer_init(&leg->guard_timer, leg->agent->loop, on_glare, leg);
	timer_start(&leg->guard_timer,
		leg->inbound ? id_random_u32() % (2 * USEC_PER_SEC)
			     : 2100 * USEC_PER_MSEC + id_random_u32() % (1900 * USEC_PER_MSEC));
}

static void on_failure(struct sip_leg *leg, nta_outgoing_t *orq, sip_t const *sip, int status)
{
	bool again = false, internal = !sip || nta_sip_is_internal(sip);
	const char *reason = sip ? sip->sip_status->st_phrase : "Request Timeout";

	if (!leg->cancelled && !internal && (status == 401 || status == 407))
		again = answer_challenge(leg, orq, sip);
	else if (!leg->cancelled && !internal && status == 422)
		again = raise_interval(leg, sip);
	leg->invite_out = NULL;
	if (again)
		resend(leg);
	else if (leg->confirmed_once)
		on_reinvite_failure(leg, status);
	else if (leg->cancelled)
		leg_end(leg, 487, "cancelled", false);
	else
		leg_end(leg, status, reason, !internal);
	nta_outgoing_destroy(orq);
}

static int on_invite_response(void *arg, nta_outgoing_t *orq, sip_t const *sip)
{
	struct sip_leg *leg = arg;
	int status = sip ? sip->sip_status->st_status : 408;

	leg_enter(leg);
	if (orq == leg->invite_out) {
		if (status < 200)
			on_provisional(leg, sip);
		else if (status < 300)
			on_success(leg, orq, sip);
		else
			on_failure(leg, orq, sip, status);
	}
	leg_leave(leg);
	return 0;
}

static void on_resolved(void *arg, const struct sockaddr_storage *address, const char *error)
{
	struct sip_leg *leg = arg;
	struct sip_target target;

	leg->resolve = NULL;
	leg_enter(leg);
	if (!address) {
		leg_end(leg, 503, error, false);
		leg_leave(leg);
		return;
	}
	target_parse(leg->hop, &target);
	hop_write(leg->hop, address, target.port ? target.port : 5060, target.tcp);
	memcpy(leg->first, leg->hop, sizeof(leg->first));
	leg->tcp = target.tcp;
	target_parse(leg->hop, &target);
	leg->source_ip = xstrdup(target.host);
	leg->source_addr = xasprintf(address->ss_family == AF_INET6 ? "%s [%s]:%u" : "%s %s:%u",
		target.tcp ? "TCP" : "UDP", target.host, target.port);
	leg->contact = agent_contact(leg->agent, leg->from_user, target.host, leg->tcp);
	leg->tport = agent_tport(leg->agent, target.host, leg->tcp);
	leg->state = SIP_LEG_INVITED;
	resend(leg);
	agent_poke(leg->agent);
	leg_leave(leg);
}

/* Where the first INVITE goes, and its Route and request URI (RFC 3261 section 12.2.1.1). */
static int choose_route(struct sip_leg *leg, const struct sip_dial *dial, char **ret_error)
{
	const char *proxy = dial->outbound_proxy ? dial->outbound_proxy : leg->agent->proxy;
	const char *hop = proxy ? proxy : dial->server ? dial->server : dial->to_uri;
	struct sip_target target;

	leg->request_uri = xstrdup(dial->to_uri);
	if (!target_parse(hop, &target) || strlen(hop) >= sizeof(leg->hop)) {
		*ret_error = xasprintf("cannot send to \"%s\"", hop);
		return -EINVAL;
	}
	snprintf(leg->hop, sizeof(leg->hop), "%s", hop);
	if (proxy && target.loose) {
		leg->route = xasprintf("<%s>", proxy);
	} else if (proxy) {
		leg->route = xasprintf("<%s>", dial->to_uri);
		xstrset(&leg->request_uri, proxy);
	}
	leg->resolve = resolve_start(
		leg->agent->resolver, target.host, leg->agent->family, on_resolved, leg);
	return 0;
}

static char *user_part(const char *uri)
{
	const char *start = strchr(uri, ':'), *at = strchr(uri, '@');
	char *user;

	if (!start || !at || at < start)
		return xstrdup("");
	user = xstrndup(start + 1, (size_t)(at - start - 1));
	user[strcspn(user, ":;")] = '\0';
	url_unescape(user, user);
	return user;
}

static void write_from(struct strbuf *out, const struct sip_dial *dial)
{
	if (dial->from_name) {
		strbuf_addc(out, '"');
		for (const char *p = dial->from_name; *p; p++) {
			if ((unsigned char)*p < 0x20)
				continue;
			if (*p == '"' || *p == '\\')
				strbuf_addc(out, '\\');
			strbuf_addc(out, *p);
		}
		strbuf_adds(out, "\" ");
	}
	strbuf_addf(out, "<%s>", dial->from_uri);
}

static bool start_dialog(struct sip_leg *leg, const struct sip_dial *dial)
{
	struct strbuf from = STRBUF_INIT;
	char *to = xasprintf("<%s>", dial->to_uri), id[ID_SIZE];

	write_from(&from, dial);
	leg->call_id = xstrdup(id_new(id));
	leg->dialog = nta_leg_tcreate(leg->agent->nta, agent_on_request, leg,
		SIPTAG_CALL_ID_STR(leg->call_id), SIPTAG_FROM_STR(from.data), SIPTAG_TO_STR(to),
		TAG_END());
	leg->to = to;
	if (leg->dialog) {
		nta_leg_tag(leg->dialog, NULL);
		strbuf_addf(&from, ";tag=%s", nta_leg_get_tag(leg->dialog));
	}
	leg->from = strbuf_detach(&from);
	return leg->dialog != NULL;
}

static int check_dial(const struct sip_dial *dial, char **ret_error)
{
	int error = sip_uri_check(dial->to_uri, ret_error);

	if (!error)
		error = sip_uri_check(dial->from_uri, ret_error);
	if (!error && dial->server)
		error = sip_uri_check(dial->server, ret_error);
	if (!error && dial->outbound_proxy)
		error = sip_uri_check(dial->outbound_proxy, ret_error);
	return error;
}

struct sip_leg *sip_leg_dial(struct sip_agent *agent, const struct sip_dial *dial,
	const struct sip_leg_handler *handler, void *arg, char **ret_error)
{
	struct sip_leg *leg;

	if (check_dial(dial, ret_error))
		return NULL;
	leg = leg_new(agent, false);
	leg->from_user = user_part(dial->from_uri);
	leg->to_user = user_part(dial->to_uri);
	leg->request_user = xstrdup(leg->to_user);
	leg->from_uri = xstrdup(dial->from_uri);
	leg->login.user = xstrdup(dial->auth_user);
	leg->login.password = xstrdup(dial->password);
	leg->local_sdp = xstrdup(dial->sdp);
	leg->headers = leg_header_lines(dial->headers);
	if (!start_dialog(leg, dial)) {
		*ret_error = xasprintf("cannot call \"%s\"", dial->to_uri);
		return sip_leg_free(leg);
	}
	if (choose_route(leg, dial, ret_error))
		return sip_leg_free(leg);
	sip_leg_set_handler(leg, handler, arg);
	return leg;
}
