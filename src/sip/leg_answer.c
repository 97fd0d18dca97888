/* What an inbound call is answered with, until its ACK. */
#include "sip/agent_private.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"

/* By the PRACK's dialog, as the leg may be gone before nta forgets the response. */
static struct sip_leg *prack_leg(struct sip_agent *agent, sip_t const *sip)
{
	nta_leg_t *dialog = nta_leg_by_dialog(agent->nta, NULL, sip->sip_call_id,
		sip->sip_from->a_tag, sip->sip_from->a_url, sip->sip_to->a_tag, sip->sip_to->a_url);

	return dialog ? nta_leg_magic(dialog, agent_on_request) : NULL;
}

/* RFC 3262 section 5: the PRACK of a reliable response that had an offer brings the answer,
 * which is kept for on_ack. An offer of their own would need an answer that nobody is asked
 * for. 0, or the status to refuse with. */
static int take_prack(struct sip_leg *leg, sip_t const *sip)
{
	bool body = sip->sip_payload && sip->sip_payload->pl_len;
	size_t length;
	const char *sdp = leg_body(sip, &length);

	if (body && (!sdp || !leg->late_offer || leg->early_answered))
		return 488;
	if (sdp) {
		free(leg->remote_sdp);
		leg->remote_sdp = xstrndup(sdp, length);
	}
	leg->early_answered = sdp || !leg->late_offer;
	return 0;
}

static int on_prack(void *arg, nta_reliable_t *reliable, nta_incoming_t *prack, sip_t const *sip)
{
	struct sip_agent *agent = arg;
	struct sip_leg *leg;

	nta_reliable_destroy(reliable);
	if (!prack || !sip)
		return 0;
	leg = prack_leg(agent, sip);
	if (leg && take_prack(leg, sip))
		agent_reply(agent, prack, SIP_488_NOT_ACCEPTABLE);
	return 200;
}

static bool is_unanswered(const struct sip_leg *leg)
{
	return leg->inbound && leg->invite_in &&
	       (leg->state == SIP_LEG_INVITED || leg->state == SIP_LEG_EARLY);
}

static void provisional(
	struct sip_leg *leg, int status, const char *phrase, const char *sdp, const char *headers)
{
	bool reliable = leg->peer_supports_100rel && sdp;

	if (reliable && nta_reliable_treply(leg->invite_in, on_prack, leg->agent, status, phrase,
				SIPTAG_CONTACT_STR(leg->contact), SIPTAG_ALLOW_STR(SIP_ALLOW),
				SIPTAG_SERVER_STR(leg->agent->user_agent),
				SIPTAG_CONTENT_TYPE_STR("application/sdp"), SIPTAG_PAYLOAD_STR(sdp),
				SIPTAG_HEADER_STR(headers), TAG_END()))
		return;
	nta_incoming_treply(leg->invite_in, status, phrase, SIPTAG_CONTACT_STR(leg->contact),
		SIPTAG_ALLOW_STR(SIP_ALLOW), SIPTAG_SERVER_STR(leg->agent->user_agent),
		TAG_IF(sdp, SIPTAG_CONTENT_TYPE_STR("application/sdp")), SIPTAG_PAYLOAD_STR(sdp),
		SIPTAG_HEADER_STR(headers), TAG_END());
}

void sip_leg_ring(struct sip_leg *leg, struct json_object *headers)
{
	char *lines;

	if (!is_unanswered(leg))
		return;
	lines = leg_header_lines(headers);
	leg->state = SIP_LEG_EARLY;
	provisional(leg, SIP_180_RINGING, NULL, lines);
	free(lines);
	agent_poke(leg->agent);
}

void sip_leg_progress(struct sip_leg *leg, const char *sdp)
{
	if (!is_unanswered(leg))
		return;
	leg->state = SIP_LEG_EARLY;
	xstrset(&leg->local_sdp, sdp);
	provisional(leg, SIP_183_SESSION_PROGRESS, sdp, NULL);
	agent_poke(leg->agent);
}

void sip_leg_answer(struct sip_leg *leg, const char *sdp, struct json_object *headers)
{
	char *lines, *session;

	if (!is_unanswered(leg))
		return;
	lines = leg_header_lines(headers);
	session = session_response_header(leg);
	leg->state = SIP_LEG_ANSWERED;
	xstrset(&leg->local_sdp, sdp);
	/* What was agreed on since, an old answer must not undo, and a new offer must not come
	 * in a 200 (RFC 3261 section 13.2.1). */
	if (leg->early_updated || (leg->early_answered && leg->late_offer))
		sdp = NULL;
	nta_incoming_treply(leg->invite_in, SIP_200_OK, SIPTAG_CONTACT_STR(leg->contact),
		SIPTAG_ALLOW_STR(SIP_ALLOW), SIPTAG_SUPPORTED_STR(SIP_SUPPORTED),
		SIPTAG_SERVER_STR(leg->agent->user_agent),
		TAG_IF(sdp, SIPTAG_CONTENT_TYPE_STR("application/sdp")), SIPTAG_PAYLOAD_STR(sdp),
		SIPTAG_HEADER_STR(session), SIPTAG_HEADER_STR(lines), TAG_END());
	free(session);
	free(lines);
	agent_poke(leg->agent);
}

static void on_ack(struct sip_leg *leg, sip_t const *sip)
{
	size_t length;
	const char *sdp = leg_body(sip, &length);

	nta_incoming_destroy(leg->invite_in);
	leg->invite_in = NULL;
	if (leg->state != SIP_LEG_ANSWERED)
		return;
	if (leg->bye_after_ack) {
		leg_bye(leg, NULL, NULL);
		leg_end(leg, 200, NULL, false);
		return;
	}
	leg->state = SIP_LEG_CONFIRMED;
	leg->confirmed_once = true;
	session_start(leg);
	if (!leg->late_offer)
		sdp = NULL;
	else if (!sdp && leg->early_answered)
		sdp = leg->remote_sdp;
	if (leg->handler && leg->handler->on_ack)
		leg->handler->on_ack(leg->arg, sdp,
			!sdp			 ? 0
			: sdp == leg->remote_sdp ? strlen(sdp)
						 : length);
}

static void on_cancel(struct sip_leg *leg)
{
	if (!is_unanswered(leg))
		return;
	agent_reply(leg->agent, leg->invite_in, SIP_487_REQUEST_CANCELLED);
	leg_end(leg, 487, "cancelled", true);
}

/* The 200 was never acknowledged, or a reliable 18x never PRACKed (then nta sends 503). */
static void on_timeout(struct sip_leg *leg)
{
	if (leg->state == SIP_LEG_ANSWERED)
		leg_bye(leg, NULL, NULL);
	leg_end(leg, 408, "no ACK", false);
}

int leg_on_ack_cancel(void *arg, nta_incoming_t *irq, sip_t const *sip)
{
	struct sip_leg *leg = arg;

	(void)irq;
	leg_enter(leg);
	if (!sip)
		on_timeout(leg);
	else if (sip->sip_request->rq_method == sip_method_ack)
		on_ack(leg, sip);
	else if (sip->sip_request->rq_method == sip_method_cancel)
		on_cancel(leg);
	leg_leave(leg);
	return 0;
}
