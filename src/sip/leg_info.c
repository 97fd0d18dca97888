/* DTMF in INFO: application/dtmf-relay and application/dtmf. */
#include "sip/agent_private.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"

#define DEFAULT_DURATION_MS 160
#define MAX_DURATION_MS	    10000
#define MAX_BODY	    512

/* One of 0-9 * # A-D, also as the event number 10 or 11 that some phones send. */
static bool parse_signal(const char *text, size_t length, char *ret_digit)
{
	static const char digits[] = "0123456789*#ABCD";

	if (length == 2 && text[0] == '1' && (text[1] == '0' || text[1] == '1')) {
		*ret_digit = text[1] == '0' ? '*' : '#';
		return true;
	}
	if (length != 1 || !text[0] || !strchr(digits, toupper((unsigned char)text[0])))
		return false;
	*ret_digit = (char)toupper((unsigned char)text[0]);
	return true;
}

static unsigned parse_duration(const char *text, size_t length)
{
	unsigned value = 0;

	for (size_t i = 0; i < length; i++) {
		if (text[i] < '0' || text[i] > '9')
			return DEFAULT_DURATION_MS;
		value = value * 10 + (unsigned)(text[i] - '0');
		if (value > MAX_DURATION_MS)
			return MAX_DURATION_MS;
	}
	return value ? value : DEFAULT_DURATION_MS;
}

static void trim(const char **text, size_t *length)
{
	while (*length && memchr(" \t\r\n", **text, 4)) {
		(*text)++;
		(*length)--;
	}
	while (*length && memchr(" \t\r\n", (*text)[*length - 1], 4))
		(*length)--;
}

/* "Name = value" of one line. */
static bool parse_line(const char *line, size_t length, char *ret_digit, unsigned *ret_duration_ms)
{
	const char *equals = memchr(line, '=', length), *value;
	size_t name_length, value_length;

	if (!equals)
		return false;
	name_length = (size_t)(equals - line);
	value = equals + 1;
	value_length = length - name_length - 1;
	trim(&line, &name_length);
	trim(&value, &value_length);
	if (name_length == 6 && strncasecmp(line, "Signal", 6) == 0)
		return parse_signal(value, value_length, ret_digit);
	if (name_length == 8 && strncasecmp(line, "Duration", 8) == 0)
		*ret_duration_ms = parse_duration(value, value_length);
	return false;
}

bool dtmf_body_parse(
	const char *body, size_t length, bool relay, char *ret_digit, unsigned *ret_duration_ms)
{
	bool found = false;
	const char *end;

	*ret_duration_ms = DEFAULT_DURATION_MS;
	if (length > MAX_BODY)
		return false;
	if (!relay && !memchr(body, '=', length)) {
		trim(&body, &length);
		return parse_signal(body, length, ret_digit);
	}
	for (; length; length -= (size_t)(end - body), body = end) {
		const char *newline = memchr(body, '\n', length);

		end = newline ? newline + 1 : body + length;
		if (parse_line(body, (size_t)(end - body), ret_digit, ret_duration_ms))
			found = true;
	}
	return found;
}

int leg_on_info(struct sip_leg *leg, nta_incoming_t *irq, sip_t const *sip)
{
	const char *type = sip->sip_content_type ? sip->sip_content_type->c_type : NULL;
	bool relay = type && strcasecmp(type, "application/dtmf-relay") == 0;
	char digit;
	unsigned duration_ms;

	if (!sip->sip_payload || sip->sip_payload->pl_len == 0)
		return agent_reply(leg->agent, irq, SIP_200_OK);
	if (!relay && !(type && strcasecmp(type, "application/dtmf") == 0))
		return agent_reply(leg->agent, irq, SIP_415_UNSUPPORTED_MEDIA);
	if (!dtmf_body_parse(sip->sip_payload->pl_data, sip->sip_payload->pl_len, relay, &digit,
		    &duration_ms))
		return agent_reply(leg->agent, irq, 400, "Bad DTMF body");
	agent_reply(leg->agent, irq, SIP_200_OK);
	if (leg->handler && leg->handler->on_digit)
		leg->handler->on_digit(leg->arg, digit, duration_ms);
	return 200;
}

void sip_leg_info_digit(struct sip_leg *leg, char digit, unsigned duration_ms)
{
	nta_outgoing_t *info;
	char *body;

	if (leg->state != SIP_LEG_CONFIRMED)
		return;
	body = xasprintf("Signal=%c\r\nDuration=%u\r\n", digit, duration_ms);
	info = nta_outgoing_tcreate(leg->dialog, NULL, NULL, URL_STRING_MAKE(leg_next_hop(leg)),
		SIP_METHOD_INFO, NULL, NTATAG_TPORT(leg->tport),
		SIPTAG_USER_AGENT_STR(leg->agent->user_agent),
		SIPTAG_CONTENT_TYPE_STR("application/dtmf-relay"), SIPTAG_PAYLOAD_STR(body),
		TAG_END());
	nta_outgoing_destroy(info);
	free(body);
	agent_poke(leg->agent);
}
