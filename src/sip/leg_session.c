/* Is the call still alive? Session timers (RFC 4028) and OPTIONS inside the dialog. */
#include "sip/agent_private.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"

int session_check(struct sip_agent *agent, nta_incoming_t *irq, sip_t const *sip)
{
	if (!sip->sip_session_expires || sip->sip_session_expires->x_delta >= SIP_MIN_SE)
		return 0;
	nta_incoming_treply(irq, SIP_422_SESSION_TIMER_TOO_SMALL, SIPTAG_MIN_SE_STR("90"),
		SIPTAG_SERVER_STR(agent->user_agent), TAG_END());
	return 422;
}

void session_request(struct sip_leg *leg, sip_t const *sip)
{
	const sip_session_expires_t *theirs = sip->sip_session_expires;
	unsigned wish = leg->agent->session_expires_s;

	leg->peer_supports_timer =
		sip->sip_supported && has_option(sip->sip_supported->k_items, "timer");
	if (sip->sip_min_se && sip->sip_min_se->min_delta <= 86400)
		leg->min_se_s = (unsigned)sip->sip_min_se->min_delta;
	if (wish && wish < leg->min_se_s)
		wish = leg->min_se_s;
	leg->session_s = theirs ? (unsigned)theirs->x_delta : wish;
	if (theirs && wish && wish < leg->session_s)
		leg->session_s = wish;
	leg->refresher = SIP_REFRESHER_US;
	if (theirs && leg->peer_supports_timer &&
		(!theirs->x_refresher || strcasecmp(theirs->x_refresher, "uac") == 0))
		leg->refresher = SIP_REFRESHER_THEM;
	if (!leg->session_s)
		leg->refresher = SIP_REFRESHER_NONE;
}

char *session_response_header(struct sip_leg *leg)
{
	bool theirs = leg->refresher == SIP_REFRESHER_THEM;

	if (!leg->session_s || !leg->peer_supports_timer)
		return NULL;
	return xasprintf("Session-Expires: %u;refresher=%s\r\n%s", leg->session_s,
		theirs ? "uac" : "uas", theirs ? "Require: timer\r\n" : "");
}

char *session_request_header(struct sip_leg *leg)
{
	unsigned seconds = leg->session_s ? leg->session_s : leg->agent->session_expires_s;
	const char *refresher = "";

	if (!seconds)
		return NULL;
	if (seconds < leg->min_se_s)
		seconds = leg->min_se_s;
	if (leg->confirmed_once)
		refresher =
			leg->refresher == SIP_REFRESHER_THEM ? ";refresher=uas" : ";refresher=uac";
	return xasprintf("Session-Expires: %u%s\r\nMin-SE: %u\r\n", seconds, refresher,
		leg->min_se_s > SIP_MIN_SE ? leg->min_se_s : SIP_MIN_SE);
}

void session_response(struct sip_leg *leg, sip_t const *sip)
{
	const sip_session_expires_t *granted = sip->sip_session_expires;

	leg->session_s = granted ? (unsigned)granted->x_delta : leg->agent->session_expires_s;
	if (leg->session_s && leg->session_s < SIP_MIN_SE)
		leg->session_s = SIP_MIN_SE; /* not allowed to be less; do not let them hurry us */
	leg->refresher = leg->session_s ? SIP_REFRESHER_US : SIP_REFRESHER_NONE;
	if (granted && granted->x_refresher && strcasecmp(granted->x_refresher, "uas") == 0)
		leg->refresher = SIP_REFRESHER_THEM;
}

static int on_update_response(void *arg, nta_outgoing_t *orq, sip_t const *sip)
{
	struct sip_leg *leg = arg;
	int status = sip ? sip->sip_status->st_status : 408;

	if (status < 200)
		return 0;
	leg_enter(leg);
	leg->update_out = NULL;
	if (status < 300) {
		session_response(leg, sip);
		session_start(leg);
	} else {
		leg_check_alive(leg, status);
	}
	nta_outgoing_destroy(orq);
	leg_leave(leg);
	return 0;
}

static void send_update(struct sip_leg *leg)
{
	char *session = session_request_header(leg);

	leg->update_out = nta_outgoing_tcreate(leg->dialog, on_update_response, leg,
		URL_STRING_MAKE(leg_next_hop(leg)), SIP_METHOD_UPDATE, NULL,
		SIPTAG_CONTACT_STR(leg->contact), SIPTAG_SUPPORTED_STR(SIP_SUPPORTED),
		NTATAG_TPORT(leg->tport), SIPTAG_USER_AGENT_STR(leg->agent->user_agent),
		SIPTAG_HEADER_STR(session), TAG_END());
	free(session);
}

static void refresh(struct sip_leg *leg)
{
	if (leg->invite_out || leg->offer_in || leg->update_out) {
		session_start(leg); /* that request refreshes as well */
	} else if (leg->peer_allows_update) {
		send_update(leg);
	} else {
		leg->refreshing = true;
		leg_send_invite(leg, leg->local_sdp);
	}
}

static void on_session_timer(void *arg)
{
	struct sip_leg *leg = arg;

	leg_enter(leg);
	if (leg->refresher == SIP_REFRESHER_US) {
		refresh(leg);
	} else {
		leg_bye(leg, "SIP;cause=408;text=\"Session timer expired\"", NULL);
		leg_end(leg, 408, "session timer expired", false);
	}
	agent_poke(leg->agent);
	leg_leave(leg);
}

static int on_options_response(void *arg, nta_outgoing_t *orq, sip_t const *sip)
{
	struct sip_leg *leg = arg;
	int status = sip ? sip->sip_status->st_status : 408;

	if (status < 200)
		return 0;
	leg_enter(leg);
	leg->options_out = NULL;
	leg_check_alive(leg, status);
	nta_outgoing_destroy(orq);
	leg_leave(leg);
	return 0;
}

static void on_keepalive_timer(void *arg)
{
	struct sip_leg *leg = arg;

	if (!leg->options_out)
		leg->options_out = nta_outgoing_tcreate(leg->dialog, on_options_response, leg,
			URL_STRING_MAKE(leg_next_hop(leg)), SIP_METHOD_OPTIONS, NULL,
			NTATAG_TPORT(leg->tport), SIPTAG_USER_AGENT_STR(leg->agent->user_agent),
			TAG_END());
	timer_start(&leg->keepalive_timer, leg->agent->keepalive_s * leg->agent->second_us);
	agent_poke(leg->agent);
}

void session_start(struct sip_leg *leg)
{
	struct sip_agent *agent = leg->agent;
	unsigned seconds = leg->session_s / 2;

	if (leg->state != SIP_LEG_CONFIRMED)
		return;
	if (agent->keepalive_s && !leg->keepalive_timer.fn) {
		timer_init(&leg->keepalive_timer, agent->loop, on_keepalive_timer, leg);
		timer_start(&leg->keepalive_timer, agent->keepalive_s * agent->second_us);
	}
	if (leg->session_timer.fn)
		timer_stop(&leg->session_timer);
	if (leg->refresher == SIP_REFRESHER_NONE)
		return;
	if (leg->refresher == SIP_REFRESHER_THEM) /* RFC 4028 section 10 */
		seconds = leg->session_s - (leg->session_s / 3 < 32 ? leg->session_s / 3 : 32);
	timer_init(&leg->session_timer, agent->loop, on_session_timer, leg);
	timer_start(&leg->session_timer, seconds * agent->second_us);
}

void session_stop(struct sip_leg *leg)
{
	struct timer *timers[] = {
		&leg->session_timer, &leg->keepalive_timer, &leg->guard_timer, &leg->hop_timer};

	for (size_t i = 0; i < ARRAY_SIZE(timers); i++) {
		if (timers[i]->fn)
			timer_stop(timers[i]);
	}
}
