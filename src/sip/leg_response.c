/* Outbound: the answers to our INVITE, and the ACK. */
#include "sip/agent_private.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/id.h"
#include "base/mem.h"

#define MAX_CHALLENGES 16

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
	struct early_branch *branch;

	if (sip->sip_status->st_status == 100 || leg->confirmed_once)
		return;
	learn_peer(leg, sip);
	branch = early_take(leg, sip);
	if (branch && !early_acknowledge(leg, branch, sip))
		return;
	leg->state = SIP_LEG_EARLY;
	if (leg->handler && leg->handler->on_ringing && !leg->cancelled)
		leg->handler->on_ringing(leg->arg, sip->sip_status->st_status, sdp, length);
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
	bool news;

	if (!leg->confirmed_once)
		early_confirm(leg, sip, &sdp, &length);
	news = is_news(leg, sdp, length);
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
	early_release(leg);
	leg_reoffer_next(leg);
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

	if (!leg->confirmed_once)
		early_reset(leg);
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
	leg_reoffer_next(leg);
	agent_poke(leg->agent);
	leg_leave(leg);
}

/* Theirs was there first: ours is offered again later, unless a newer one waits. */
static void reoffer_later(struct sip_leg *leg)
{
	if (!leg->next_sdp)
		leg->next_sdp = xstrdup(leg->local_sdp);
	timer_init(&leg->guard_timer, leg->agent->loop, on_glare, leg);
	timer_start(&leg->guard_timer,
		leg->inbound ? id_random_u32() % (2 * USEC_PER_SEC)
			     : 2100 * USEC_PER_MSEC + id_random_u32() % (1900 * USEC_PER_MSEC));
}

/* A re-INVITE of ours failed: the call goes on as it was (RFC 3261 section 14.1). */
static void on_reinvite_failure(struct sip_leg *leg, int status)
{
	bool refreshing = leg->refreshing;

	leg->refreshing = false;
	if (!leg_check_alive(leg, status))
		return;
	if (status == 491)
		reoffer_later(leg);
	if (refreshing || !leg->agreed_sdp)
		return;
	free(leg->local_sdp);
	leg->local_sdp = leg->agreed_sdp;
	leg->agreed_sdp = NULL;
	if (status != 491 && leg->handler && leg->handler->on_reinvite_failed)
		leg->handler->on_reinvite_failed(leg->arg, status);
	if (status != 491)
		leg_reoffer_next(leg);
}

/* RFC 3263 section 4.3: it could not be reached, or says that it serves nobody now. */
static bool try_another_host(struct sip_leg *leg, int status, bool internal)
{
	if (leg->confirmed_once || leg->cancelled || leg->state != SIP_LEG_INVITED)
		return false;
	return (status == 503 || internal) && leg_try_next_hop(leg);
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
	else if (!try_another_host(leg, status, internal))
		leg_end(leg, status, reason, !internal);
	nta_outgoing_destroy(orq);
}

int leg_on_invite_response(void *arg, nta_outgoing_t *orq, sip_t const *sip)
{
	struct sip_leg *leg = arg;
	int status = sip ? sip->sip_status->st_status : 408;

	leg_enter(leg);
	if (orq == leg->invite_out) {
		if (sip && !nta_sip_is_internal(sip) && status != 503)
			sip_hops_release(&leg->hops); /* this host it is */
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
