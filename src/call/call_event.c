/* What the application is told about a call: bodies of webhooks (core thread). */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "call/call_private.h"
#include "call/measures.h"

static const char *const status_names[] = {"started", "ringing", "answered"};

/* Every key that an event about a leg carries; timestamp, event_id and sequence are added
 * where it is sent. */
struct json_object *call_event_base(const struct call *call)
{
	struct json_object *body = json_object_new_object();

	json_add_text(body, "from", call->from);
	json_add_text(body, "to", call->to);
	json_add_text(body, "uuid", call->uuid);
	json_add_text(body, "conversation_uuid", call->conversation_uuid);
	return body;
}

static bool all_digits(const char *s)
{
	return *s && s[strspn(s, "0123456789")] == '\0';
}

struct json_object *call_answer_parameters(const struct call *call)
{
	struct json_object *body = call_event_base(call);
	char name[256];

	json_add_text(body, "endpoint_type", all_digits(call->from) ? "phone" : "sip");
	json_object_object_foreach (call->headers, key, value) {
		snprintf(name, sizeof(name), "SipHeader_%s", key);
		json_object_object_add(body, name, json_object_get(value));
	}
	return body;
}

/* X- headers (but not X-Nexmo, the platform's own) and User-to-User, first value each. */
struct json_object *call_custom_headers(struct sip_leg *sip)
{
	struct json_object *all = sip_leg_headers(sip), *out = json_object_new_object();

	json_object_object_foreach (all, name, values) {
		bool custom =
			strncasecmp(name, "X-", 2) == 0 && strncasecmp(name, "X-Nexmo", 7) != 0;
		if ((custom || strcasecmp(name, "User-to-User") == 0) && strlen(name) < 200)
			json_object_object_add(
				out, name, json_object_get(json_object_array_get_idx(values, 0)));
	}
	json_object_put(all);
	return out;
}

static struct json_object *status_body(const struct call *call, const char *status)
{
	struct json_object *body = call_event_base(call);

	json_add_text(body, "status", status);
	json_add_text(body, "direction", call->outbound ? "outbound" : "inbound");
	json_object_object_add(body, "headers", json_object_get(call->headers));
	return body;
}

static void post(struct call *call, struct json_object *body)
{
	webhook_event(call->line, call->dial.event_url, call->dial.event_method, body);
}

/* started, ringing, answered: each once, in that order. */
void call_tell_status(struct call *call, enum call_status_event which)
{
	struct json_object *body;

	if (!call->line || call->status_told[which] || call->status_told[STATUS_FINAL])
		return;
	call->status_told[which] = true;
	call->status = status_names[which];
	call_remember(call);
	body = status_body(call, status_names[which]);
	if (which == STATUS_ANSWERED) {
		json_add_text(body, "start_time", NULL);
		json_add_text(body, "rate", NULL);
		json_add_text(body, "network", NULL);
	}
	post(call, body);
}

static void add_completed(struct call *call, struct json_object *body)
{
	uint64_t seconds = (clock_mono() - call->answer_mono + USEC_PER_SEC / 2) / USEC_PER_SEC;
	char iso[CLOCK_ISO_SIZE], duration[24];

	snprintf(duration, sizeof(duration), "%llu", (unsigned long long)seconds);
	json_add_text(body, "start_time", clock_iso(call->answer_wall, iso));
	json_add_text(body, "end_time", clock_iso(call->end_wall, iso));
	json_add_text(body, "duration", duration);
	json_add_text(body, "rate", "0.00000000");
	json_add_text(body, "price", "0.00000000");
	json_add_text(body, "network", "");
	json_add_text(body, "disconnected_by", call->ended_by_us ? "platform" : "user");
}

static void log_end(const struct call *call, const char *status, const struct leg_end *end)
{
	log_info(call->uuid,
		"%s: sip %d%s%s, rtp sent %llu received %llu lost %u dropped %llu jitter %.1f ms",
		status, end->status, *end->reason ? " " : "", end->reason,
		(unsigned long long)end->media.tx_packets,
		(unsigned long long)end->media.rx_packets, end->media.rx_lost,
		(unsigned long long)(end->media.rx_dropped_source + end->media.rx_dropped_other),
		end->media.jitter_ms);
}

void call_tell_final(struct call *call, const struct leg_end *end)
{
	struct call_outcome outcome = call_outcome(call, end);
	struct json_object *body;

	log_end(call, outcome.status, end);
	measures_ended(call->server->measures, call_application(call), call->outbound,
		outcome.status, &end->media);
	if (!call->line || call->status_told[STATUS_FINAL])
		return;
	if (end->disconnected)
		call_ask_after(call, status_body(call, "disconnected"));
	call->status_told[STATUS_FINAL] = true;
	call->dial.outcome = outcome;
	call->status = outcome.status;
	call->sip_code = outcome.sip_code;
	call->end_wall = clock_wall();
	call_remember(call);
	body = status_body(call, outcome.status);
	if (end->answered)
		add_completed(call, body);
	if (outcome.detail)
		json_add_text(body, "detail", outcome.detail);
	if (outcome.sip_code)
		json_add_int(body, "sip_code", outcome.sip_code);
	if (call->dial.synchronous && call->dial.connect && !end->answered)
		call_ask_after(call, body);
	else
		post(call, body);
}

/* A leg is in another conversation now. */
void call_tell_transfer(struct call *call, const char *from)
{
	struct json_object *body = json_object_new_object();

	json_add_text(body, "conversation_uuid_from", from);
	json_add_text(body, "type", "transfer");
	json_add_text(body, "uuid", call->uuid);
	json_add_text(body, "conversation_uuid_to", call->conversation_uuid);
	post(call, body);
}

void call_tell_refer(struct call *call, const char *to, int status)
{
	struct json_object *body = call_event_base(call);

	json_add_text(body, "type", "refer");
	json_add_text(body, "refer_to", to);
	json_add_int(body, "sip_code", status);
	post(call, body);
}

/* These name the call call_uuid, too. */
void call_tell_amd(struct call *call, const char *url, const char *method, const char *status,
	const char *sub_state)
{
	struct json_object *body = status_body(call, status);

	json_add_text(body, "call_uuid", call->uuid);
	if (sub_state)
		json_add_text(body, "sub_state", sub_state);
	if (url)
		webhook_event(call->line, url, method, body);
	else
		post(call, body);
}

void call_tell_error(struct call *call, const char *pointer, const char *reason)
{
	struct json_object *body = json_object_new_object();

	log_warn(call->uuid, "script: %s%s%s", pointer ? pointer : "", pointer ? ": " : "", reason);
	json_add_text(body, "reason", reason);
	if (pointer)
		json_add_text(body, "pointer", pointer);
	json_add_text(body, "conversation_uuid", call->conversation_uuid);
	json_add_text(body, "uuid", call->uuid);
	if (call->line)
		webhook_event(call->line, NULL, NULL, body);
	else
		json_object_put(body);
}
