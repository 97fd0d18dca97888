/* The ways a leg ends: refusal, silence, BYE in both directions, CANCEL of ours. */
#include "sip/agent_private.h"

#include <sofia-sip/tport.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"

static bool can_reject(const struct sip_leg *leg)
{
	return leg->inbound && leg->invite_in &&
	       (leg->state == SIP_LEG_INVITED || leg->state == SIP_LEG_EARLY);
}

static char *reason_line(int status, const char *text)
{
	struct strbuf line = STRBUF_INIT;

	strbuf_addf(&line, "Reason: SIP;cause=%d;text=\"", status);
	for (; *text; text++) {
		if ((unsigned char)*text < 0x20)
			continue;
		if (*text == '"' || *text == '\\')
			strbuf_addc(&line, '\\');
		strbuf_addc(&line, *text);
	}
	strbuf_adds(&line, "\"\r\n");
	return strbuf_detach(&line);
}

void sip_leg_reject(struct sip_leg *leg, int status, const char *phrase, const char *reason_header,
	unsigned retry_after, struct json_object *headers)
{
	char seconds[16], *lines, *reason;

	if (!can_reject(leg))
		return;
	lines = leg_header_lines(headers);
	reason = reason_header ? reason_line(status, reason_header) : NULL;
	snprintf(seconds, sizeof(seconds), "%u", retry_after);
	nta_incoming_treply(leg->invite_in, status, phrase ? phrase : sip_status_phrase(status),
		SIPTAG_SERVER_STR(leg->agent->user_agent),
		TAG_IF(retry_after, SIPTAG_RETRY_AFTER_STR(seconds)),
		TAG_IF(status == 415, SIPTAG_ACCEPT_STR("application/sdp")),
		SIPTAG_HEADER_STR(reason), SIPTAG_HEADER_STR(lines), TAG_END());
	free(reason);
	free(lines);
	leg_enter(leg);
	leg_end(leg, status, phrase, false);
	leg_leave(leg);
	agent_poke(leg->agent);
}

/* nta answers a transaction that is given up with 500, and offers no way to be silent. It
 * sends to the address that the Via names (via_guard.c saw to it that it is one), so with one
 * of the other family the answer cannot leave our socket, and nta frees the transaction after
 * the failure. A name would not do: nta would look it up, and wait. A TCP connection needs no
 * address and is closed. */
static void mute_transaction(struct sip_leg *leg)
{
	sip_via_t *via = sip_object(leg->invite)->sip_via;
	char *const hosts[] = {(char *)via->v_host, (char *)via->v_received};
	const char *nowhere = leg->family == AF_INET6 ? "1" : "[::1]";
	tport_t *tport = nta_incoming_transport(leg->agent->nta, leg->invite_in, leg->invite);

	for (size_t i = 0; i < ARRAY_SIZE(hosts); i++) {
		if (hosts[i] && strlen(hosts[i]) >= strlen(nowhere))
			memcpy(hosts[i], nowhere, strlen(nowhere) + 1);
	}
	if (tport && tport_is_secondary(tport))
		tport_shutdown(tport, 2);
	tport_unref(tport);
}

void sip_leg_drop(struct sip_leg *leg)
{
	if (!can_reject(leg))
		return;
	mute_transaction(leg);
	leg_enter(leg);
	leg_end(leg, 0, "dropped", false);
	leg_leave(leg);
	agent_poke(leg->agent);
}

void leg_bye(struct sip_leg *leg, const char *reason, const char *headers)
{
	nta_outgoing_t *bye;

	if (!leg->dialog)
		return;
	bye = nta_outgoing_tcreate(leg->dialog, NULL, NULL, URL_STRING_MAKE(leg_next_hop(leg)),
		SIP_METHOD_BYE, NULL, NTATAG_TPORT(leg->tport),
		SIPTAG_USER_AGENT_STR(leg->agent->user_agent), SIPTAG_REASON_STR(reason),
		SIPTAG_HEADER_STR(headers), TAG_END());
	nta_outgoing_destroy(bye); /* sofia keeps it until it is answered */
}

static const char *reason_text(sip_t const *sip)
{
	return sip->sip_reason && sip->sip_reason->re_text ? sip->sip_reason->re_text : NULL;
}

/* "\"Call completed\"" without its quotes */
static char *unquote(const char *text)
{
	size_t length = text ? strlen(text) : 0;

	if (length >= 2 && text[0] == '"' && text[length - 1] == '"')
		return xstrndup(text + 1, length - 2);
	return xstrdup(text);
}

int leg_on_bye(struct sip_leg *leg, nta_incoming_t *irq, sip_t const *sip)
{
	char *reason = unquote(reason_text(sip));

	agent_reply(leg->agent, irq, SIP_200_OK);
	if (can_reject(leg)) /* BYE in an early dialog ends the INVITE (RFC 3261 15.1.2) */
		agent_reply(leg->agent, leg->invite_in, SIP_487_REQUEST_TERMINATED);
	leg_end(leg, 200, reason, true);
	free(reason);
	return 200;
}

static void on_guard(void *arg)
{
	struct sip_leg *leg = arg;

	leg_enter(leg);
	leg_end(leg, 487, "no answer to CANCEL", false);
	leg_leave(leg);
}

static void cancel(struct sip_leg *leg, const char *headers)
{
	if (!leg->invite_out) {
		leg_end(leg, 487, "cancelled", false);
		return;
	}
	if (leg->cancelled)
		return;
	leg->cancelled = true;
	nta_outgoing_tcancel(leg->invite_out, NULL, NULL, SIPTAG_HEADER_STR(headers), TAG_END());
	timer_init(&leg->guard_timer, leg->agent->loop, on_guard, leg);
	timer_start(&leg->guard_timer, (SIP_T1X64_S + 1) * USEC_PER_SEC);
}

static void hangup(struct sip_leg *leg, const char *headers)
{
	switch (leg->state) {
	case SIP_LEG_INIT:
	case SIP_LEG_INVITED:
	case SIP_LEG_EARLY:
		if (!leg->inbound) {
			cancel(leg, headers);
			break;
		}
		nta_incoming_treply(leg->invite_in, SIP_603_DECLINE,
			SIPTAG_SERVER_STR(leg->agent->user_agent), SIPTAG_HEADER_STR(headers),
			TAG_END());
		leg_end(leg, 603, "Decline", false);
		break;
	case SIP_LEG_ANSWERED:
		leg->bye_after_ack = true; /* RFC 3261 section 15 */
		break;
	case SIP_LEG_CONFIRMED:
		refer_in_stop(leg, false);
		leg_bye(leg, NULL, headers);
		leg_end(leg, 200, "", false);
		break;
	case SIP_LEG_ENDED:
		break;
	}
}

void sip_leg_hangup(struct sip_leg *leg, struct json_object *headers)
{
	char *lines;

	if (leg->state == SIP_LEG_ENDED)
		return;
	lines = leg_header_lines(headers);
	leg_enter(leg);
	hangup(leg, lines);
	agent_poke(leg->agent);
	leg_leave(leg);
	free(lines);
}
