/* Outbound: where the INVITE goes, and what stands in it. */
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

void leg_send_invite(struct sip_leg *leg, const char *sdp)
{
	struct sip_agent *agent = leg->agent;
	bool initial = !leg->confirmed_once;
	char *session = session_request_header(leg), *authorization = NULL;

	if (leg->login.header_value)
		authorization =
			xasprintf("%s: %s\r\n", leg->login.header_name, leg->login.header_value);
	leg->invite_out = nta_outgoing_tcreate(leg->dialog, leg_on_invite_response, leg,
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

/* How long a host may be silent, not even saying 100, when there is another one to try. */
#define HOP_WAIT_US (4 * USEC_PER_SEC)

static void on_hop_timer(void *arg)
{
	struct sip_leg *leg = arg;

	if (!leg->invite_out || nta_outgoing_status(leg->invite_out) >= 100 || leg->cancelled ||
		!sip_hops_left(&leg->hops))
		return;
	leg_enter(leg);
	nta_outgoing_destroy(leg->invite_out); /* ends it: no late answer is waited for */
	leg->invite_out = NULL;
	leg_try_next_hop(leg);
	agent_poke(leg->agent);
	leg_leave(leg);
}

static void use_hop(struct sip_leg *leg, const struct sip_hop *hop)
{
	struct sip_target target;

	hop_write(leg->hop, &hop->address, hop->port, hop->tcp);
	memcpy(leg->first, leg->hop, sizeof(leg->first));
	leg->tcp = hop->tcp;
	target_parse(leg->hop, &target);
	xstrset(&leg->source_ip, target.host);
	free(leg->source_addr);
	leg->source_addr = xasprintf(hop->address.ss_family == AF_INET6 ? "%s [%s]:%u" : "%s %s:%u",
		target.tcp ? "TCP" : "UDP", target.host, target.port);
	free(leg->contact);
	leg->contact = agent_contact(leg->agent, leg->from_user, target.host, leg->tcp);
	leg->tport = agent_tport(leg->agent, target.host, leg->tcp);
}

bool leg_try_next_hop(struct sip_leg *leg)
{
	const struct sip_hop *hop = sip_hops_take(&leg->hops);
	char *sdp;

	if (!hop)
		return false;
	use_hop(leg, hop);
	leg->state = SIP_LEG_INVITED;
	if (leg->handler && leg->handler->on_sending)
		leg->handler->on_sending(leg->arg, leg->source_ip);
	if (leg->state != SIP_LEG_INVITED)
		return true;
	sdp = xstrdup(leg->local_sdp);
	leg_send_invite(leg, sdp);
	free(sdp);
	if (sip_hops_left(&leg->hops)) {
		timer_init(&leg->hop_timer, leg->agent->loop, on_hop_timer, leg);
		timer_start(&leg->hop_timer, HOP_WAIT_US * leg->agent->second_us / USEC_PER_SEC);
	}
	return true;
}

static void on_located(void *arg, const struct sip_hop *hops, size_t count, const char *error)
{
	struct sip_leg *leg = arg;

	leg->locate = NULL;
	leg_enter(leg);
	if (count) {
		sip_hops_set(&leg->hops, hops, count);
		leg_try_next_hop(leg);
		agent_poke(leg->agent);
	} else {
		leg_end(leg, 503, error, false);
	}
	leg_leave(leg);
}

void sip_leg_set_offer(struct sip_leg *leg, const char *sdp)
{
	xstrset(&leg->local_sdp, sdp);
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
	leg->locate = locate_start(leg->agent->resolver, &target, leg->agent->family,
		leg->agent->udp_port != 0, leg->agent->tcp_port != 0, on_located, leg);
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
