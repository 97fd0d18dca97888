/* Below /v1/calls/{uuid}: what is played and said to a call, digits to it and from it. */
#include <string.h>

#include "api/api_private.h"
#include "call/control.h"
#include "store/store.h"

/* --- sounds --- */

static void start_sound(const struct api *api, struct http_exchange *exchange, const char *id,
	const char *action, const char *message)
{
	struct call *call = api_answered_call(api, exchange, id);
	struct json_object *body = call ? api_body(exchange) : NULL, *list = NULL;
	const char *member = strcmp(action, "talk") == 0 ? "text" : "stream_url";
	struct ncco_document *document;
	struct ncco_sound sound;
	struct ncco_faults faults;

	if (!body)
		return;
	if (ncco_order_read_sound(body, action, &document, &sound, &faults) == 0) {
		call_announce(call, document, &sound, api_pending_done,
			api_pending_new(exchange, message, member, id));
	} else {
		api_add_faults(&list, &faults);
		http_reply_invalid(exchange, 400, "the sound has faults", list);
	}
	json_object_put(body);
}

static void stop_sound(
	const struct api *api, struct http_exchange *exchange, const char *id, const char *message)
{
	struct call *call = api_answered_call(api, exchange, id);

	if (!call)
		return;
	call_hush(call);
	api_reply_done(exchange, message, id);
}

void api_start_stream(void *arg, struct http_exchange *exchange, const char *id)
{
	start_sound(arg, exchange, id, "stream", "Stream started");
}

void api_stop_stream(void *arg, struct http_exchange *exchange, const char *id)
{
	stop_sound(arg, exchange, id, "Stream stopped");
}

void api_start_talk(void *arg, struct http_exchange *exchange, const char *id)
{
	start_sound(arg, exchange, id, "talk", "Talk started");
}

void api_stop_talk(void *arg, struct http_exchange *exchange, const char *id)
{
	stop_sound(arg, exchange, id, "Talk stopped");
}

/* --- digits --- */

void api_send_digits(void *arg, struct http_exchange *exchange, const char *id)
{
	struct call *call = api_answered_call(arg, exchange, id);
	struct json_object *body = call ? api_body(exchange) : NULL, *digits, *faults = NULL;
	struct api_pending *p;

	if (!body)
		return;
	digits = json_member(body, "digits");
	p = api_pending_new(exchange, "DTMF sent", NULL, id);
	if (!digits || call_press(call, json_object_get_string(digits), api_pending_done, p) < 0) {
		api_pending_free(p);
		api_add_fault(&faults, "digits",
			digits ? "must be 1 to 64 of 0-9 * # A-D, and p to pause" : "is missing");
		http_reply_invalid(exchange, 400, "these are no digits", faults);
	}
	json_object_put(body);
}

void api_start_listener(void *arg, struct http_exchange *exchange, const char *id)
{
	struct call *call = api_live_call(arg, exchange, id);
	struct json_object *body = call ? api_body(exchange) : NULL, *faults = NULL;
	const char *url = body ? api_url_of(body, "event_url", &faults) : NULL;

	if (url) {
		call_set_listener(call, url, json_text(body, "event_method", "POST"));
		http_reply_empty(exchange, 200);
	} else if (body) {
		http_reply_invalid(exchange, 400, "there is no URL", faults);
	}
	json_object_put(body);
}

void api_stop_listener(void *arg, struct http_exchange *exchange, const char *id)
{
	struct call *call = api_live_call(arg, exchange, id);

	if (!call)
		return;
	call_set_listener(call, NULL, NULL);
	http_reply_empty(exchange, 200);
}
