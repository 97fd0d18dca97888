/* A REFER of ours: the other side is asked to call somebody, and tells by NOTIFY how that goes
 * (RFC 3515). The subscription lives as long as we want to know: a NOTIFY that comes later is
 * answered 481, which ends it (RFC 6665 section 4.1.3). */
#include "sip/agent_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"

struct refer_out {
	nta_outgoing_t *request; /* NULL: answered */
	uint32_t cseq;
	struct timer timeout;
	int status; /* the last one told, 0: none */
};

void refer_out_stop(struct sip_leg *leg)
{
	struct refer_out *out = leg->refer_out;

	if (!out)
		return;
	leg->refer_out = NULL;
	timer_stop(&out->timeout);
	nta_outgoing_destroy(out->request);
	free(out);
}

void sip_leg_refer_forget(struct sip_leg *leg)
{
	refer_out_stop(leg);
}

static void finish(struct sip_leg *leg, int status, const char *phrase)
{
	refer_out_stop(leg);
	if (leg->handler && leg->handler->on_refer_status)
		leg->handler->on_refer_status(leg->arg, status, phrase, true);
}

static void on_timeout(void *arg)
{
	struct sip_leg *leg = arg;

	leg_enter(leg);
	finish(leg, 408, "nothing was heard of it in time");
	leg_leave(leg);
}

static int on_response(void *arg, nta_outgoing_t *orq, sip_t const *sip)
{
	struct sip_leg *leg = arg;
	int status = sip ? sip->sip_status->st_status : 408;

	if (status < 200)
		return 0;
	leg_enter(leg);
	leg->refer_out->request = NULL;
	/* Without a subscription nothing more is to come than that it was accepted. */
	if (status >= 300 || refers_quietly(sip))
		finish(leg, status, sip ? sip->sip_status->st_phrase : "no answer");
	leg_check_alive(leg, status);
	nta_outgoing_destroy(orq);
	leg_leave(leg);
	return 0;
}

/* Who we are to the other side (RFC 3892); NULL: the caller says it. */
static char *own_name(const struct sip_leg *leg, struct json_object *headers)
{
	const char *value = leg->inbound ? leg->to : leg->from;
	const char *open = strchr(value, '<'), *close = open ? strchr(open, '>') : NULL;

	if (headers) {
		json_object_object_foreach (headers, name, ignored) {
			(void)ignored;
			if (strcasecmp(name, "Referred-By") == 0)
				return NULL;
		}
	}
	if (close)
		return xasprintf("Referred-By: %.*s\r\n", (int)(close - open + 1), open);
	return xasprintf("Referred-By: <%.*s>\r\n", (int)strcspn(value, ";"), value);
}

int sip_leg_refer(
	struct sip_leg *leg, const char *to, unsigned timeout_s, struct json_object *headers)
{
	char *target, *own, *lines;
	struct refer_out *out;

	if (leg->state != SIP_LEG_CONFIRMED)
		return -ENOTCONN;
	if (leg->refer_out)
		return -EBUSY;
	if (refer_target_check(to))
		return -EINVAL;
	out = leg->refer_out = xcalloc(1, sizeof(*out));
	target = xasprintf("<%s>", to);
	own = own_name(leg, headers);
	lines = leg_header_lines(headers);
	out->request = nta_outgoing_tcreate(leg->dialog, on_response, leg,
		URL_STRING_MAKE(leg_next_hop(leg)), SIP_METHOD_REFER, NULL,
		SIPTAG_CONTACT_STR(leg->contact), SIPTAG_REFER_TO_STR(target),
		SIPTAG_HEADER_STR(own), SIPTAG_SUPPORTED_STR(SIP_SUPPORTED),
		SIPTAG_ALLOW_STR(SIP_ALLOW), NTATAG_TPORT(leg->tport),
		SIPTAG_USER_AGENT_STR(leg->agent->user_agent), SIPTAG_HEADER_STR(lines), TAG_END());
	out->cseq = out->request ? nta_outgoing_cseq(out->request) : 0;
	timer_init(&out->timeout, leg->agent->loop, on_timeout, leg);
	timer_start(&out->timeout, out->request ? timeout_s * leg->agent->second_us : 0);
	free(target);
	free(own);
	free(lines);
	agent_poke(leg->agent);
	return 0;
}

/* --- NOTIFY --- */

static bool is_sipfrag(sip_t const *sip)
{
	static const char type[] = "message/sipfrag";

	return sip->sip_content_type && sip->sip_content_type->c_type &&
	       strncasecmp(sip->sip_content_type->c_type, type, sizeof(type) - 1) == 0;
}

/* What an end without a status means. */
static int status_of_end(sip_t const *sip, int last)
{
	const char *reason = sip->sip_subscription_state->ss_reason;

	if (last >= 200)
		return last;
	if (reason && strcasecmp(reason, "timeout") == 0)
		return 408;
	return reason && strcasecmp(reason, "rejected") == 0 ? 603 : 500;
}

static void on_news(struct sip_leg *leg, sip_t const *sip)
{
	const sip_subscription_state_t *state = sip->sip_subscription_state;
	char phrase[REFER_MAX_TEXT] = "";
	int status = 0;

	if (sip->sip_payload && sip->sip_payload->pl_len)
		status =
			sipfrag_status(sip->sip_payload->pl_data, sip->sip_payload->pl_len, phrase);
	if (status)
		leg->refer_out->status = status;
	if (status >= 200)
		finish(leg, status, phrase);
	else if (state && strcasecmp(state->ss_substate, "terminated") == 0)
		finish(leg, status_of_end(sip, status), "it ended without an outcome");
	else if (status && leg->handler && leg->handler->on_refer_status)
		leg->handler->on_refer_status(leg->arg, status, phrase, false);
}

int leg_on_notify(struct sip_leg *leg, nta_incoming_t *irq, sip_t const *sip)
{
	const sip_event_t *event = sip->sip_event;
	bool body = sip->sip_payload && sip->sip_payload->pl_len;

	if (!event || !event->o_type || strcasecmp(event->o_type, "refer") != 0) {
		nta_incoming_treply(irq, SIP_489_BAD_EVENT, SIPTAG_ALLOW_EVENTS_STR("refer"),
			SIPTAG_SERVER_STR(leg->agent->user_agent), TAG_END());
		return 489;
	}
	if (!leg->refer_out ||
		(event->o_id && strtoul(event->o_id, NULL, 10) != leg->refer_out->cseq))
		return agent_reply(leg->agent, irq, 481, "Subscription Does Not Exist");
	if (body && !is_sipfrag(sip)) {
		nta_incoming_treply(irq, SIP_415_UNSUPPORTED_MEDIA,
			SIPTAG_ACCEPT_STR("message/sipfrag"),
			SIPTAG_SERVER_STR(leg->agent->user_agent), TAG_END());
		return 415;
	}
	agent_reply(leg->agent, irq, SIP_200_OK);
	on_news(leg, sip);
	return 200;
}
