/* Changes inside a call: their re-INVITE and UPDATE, and ours. */
#include "sip/agent_private.h"

#include <stdlib.h>
#include <string.h>

#include "base/id.h"
#include "base/mem.h"

static int on_ack(void *arg, nta_incoming_t *irq, sip_t const *sip)
{
	struct sip_leg *leg = arg;
	size_t length;
	const char *sdp;

	leg_enter(leg);
	nta_incoming_destroy(irq);
	leg->offer_in = leg->offer_in == irq ? NULL : leg->offer_in;
	if (!sip) { /* their 200 was never acknowledged */
		leg_bye(leg, NULL, NULL);
		leg_end(leg, 408, "no ACK", false);
	} else if (sip->sip_request->rq_method == sip_method_ack) {
		sdp = leg_body(sip, &length);
		if (sdp && leg->handler && leg->handler->on_ack)
			leg->handler->on_ack(leg->arg, sdp, length);
		leg_reoffer_next(leg);
	}
	leg_leave(leg);
	return 0;
}

static int reply_later(struct sip_leg *leg, nta_incoming_t *irq)
{
	char seconds[16];

	snprintf(seconds, sizeof(seconds), "%u", id_random_u32() % 10);
	nta_incoming_treply(irq, SIP_500_INTERNAL_SERVER_ERROR, SIPTAG_RETRY_AFTER_STR(seconds),
		SIPTAG_SERVER_STR(leg->agent->user_agent), TAG_END());
	return 500;
}

/* 0, or the status sent: two offers must not cross (RFC 3261 14.2, RFC 3311 5.2). */
static int check_glare(struct sip_leg *leg, nta_incoming_t *irq, const char *sdp, bool update)
{
	bool early = leg->state == SIP_LEG_INVITED || leg->state == SIP_LEG_EARLY;

	if (leg->invite_out && (sdp || !update) && !(update && early_is_answered(leg)))
		return agent_reply(leg->agent, irq, SIP_491_REQUEST_PENDING);
	if (leg->offer_in || (!update && leg->invite_in))
		return reply_later(leg, irq);
	if (leg->state == SIP_LEG_CONFIRMED || !sdp || leg->early_answered || !leg->inbound)
		return 0;
	if (leg->late_offer) /* ours went out, or will, and is not answered */
		return agent_reply(leg->agent, irq, SIP_491_REQUEST_PENDING);
	return early ? reply_later(leg, irq) : 0;
}

static void send_answer(struct sip_leg *leg, nta_incoming_t *irq, const char *sdp)
{
	char *session = session_response_header(leg);

	nta_incoming_treply(irq, SIP_200_OK, SIPTAG_CONTACT_STR(leg->contact),
		SIPTAG_ALLOW_STR(SIP_ALLOW), SIPTAG_SUPPORTED_STR(SIP_SUPPORTED),
		SIPTAG_SERVER_STR(leg->agent->user_agent),
		TAG_IF(sdp, SIPTAG_CONTENT_TYPE_STR("application/sdp")), SIPTAG_PAYLOAD_STR(sdp),
		SIPTAG_HEADER_STR(session), TAG_END());
	free(session);
	session_start(leg);
}

int leg_on_reoffer(struct sip_leg *leg, nta_incoming_t *irq, sip_t const *sip, bool update)
{
	size_t length;
	const char *sdp = leg_body(sip, &length);
	int status = agent_check_body(leg->agent, irq, sip);

	if (!status)
		status = session_check(leg->agent, irq, sip);
	if (!status)
		status = check_glare(leg, irq, sdp, update);
	if (status)
		return status;
	session_request(leg, sip);
	nta_leg_server_route(leg->dialog, NULL, sip->sip_contact);
	if (update && !sdp) { /* a refresh, which needs nobody's opinion */
		send_answer(leg, irq, NULL);
		return 200;
	}
	if (!leg->handler || !leg->handler->on_reoffer)
		return agent_reply(leg->agent, irq, SIP_488_NOT_ACCEPTABLE);
	leg->offer_in = irq;
	leg->offer_update = update;
	if (!update) {
		nta_incoming_bind(irq, on_ack, leg);
		nta_incoming_treply(irq, SIP_100_TRYING, TAG_END());
	}
	leg->handler->on_reoffer(leg->arg, sdp, length, update);
	return 0;
}

void sip_leg_reoffer_answer(struct sip_leg *leg, int status, const char *sdp)
{
	nta_incoming_t *irq = leg->offer_in;

	if (!irq || leg->state == SIP_LEG_ENDED)
		return;
	if (status < 300) {
		xstrset(&leg->local_sdp, sdp ? sdp : leg->local_sdp);
		leg->early_updated = leg->early_updated || leg->state < SIP_LEG_ANSWERED;
		early_set_updated(leg);
		send_answer(leg, irq, sdp);
	} else {
		agent_reply(leg->agent, irq, status, sip_status_phrase(status));
	}
	/* A 200 to re-INVITE stays until its ACK, all else is done. */
	if (leg->offer_update || status >= 300) {
		nta_incoming_destroy(irq);
		leg->offer_in = NULL;
		leg_reoffer_next(leg);
	}
	agent_poke(leg->agent);
}

void leg_reoffer_next(struct sip_leg *leg)
{
	if (!leg->next_sdp || leg->state != SIP_LEG_CONFIRMED || leg->invite_out || leg->offer_in)
		return;
	free(leg->agreed_sdp);
	leg->agreed_sdp = leg->local_sdp;
	leg->local_sdp = leg->next_sdp;
	leg->next_sdp = NULL;
	leg->refreshing = false;
	leg_send_invite(leg, leg->local_sdp);
}

void sip_leg_reinvite(struct sip_leg *leg, const char *sdp)
{
	if (leg->state != SIP_LEG_CONFIRMED)
		return;
	xstrset(&leg->next_sdp, sdp);
	leg_reoffer_next(leg);
	agent_poke(leg->agent);
}
