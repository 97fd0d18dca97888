/* Sounds that are ordered: the bodies of requests to play and to say something, which are what the
 * steps stream and talk are. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ncco/order.h"
#include "ncco/verb.h"

/* Where the Voice API spells a member of the request otherwise than the option. */
static const char *option_of(const char *member)
{
	return strcmp(member, "stream_url") == 0 ? "streamUrl" : member;
}

/* A script of that one step. New. */
static struct json_object *script_of(struct json_object *body, const char *action)
{
	struct json_object *script = json_object_new_array(), *step = json_object_new_object();

	json_object_object_foreach (body, key, value) {
		if (value && strcmp(key, "action") != 0)
			json_object_object_add(step, option_of(key), json_object_get(value));
	}
	json_add_text(step, "action", action);
	json_object_array_add(script, step);
	return script;
}

static char *replaced(const char *text, const char *what, const char *by)
{
	const char *at = strstr(text, what);

	return at ? xasprintf("%.*s%s%s", (int)(at - text), text, by, at + strlen(what))
		  : xstrdup(text);
}

/* "/0/streamUrl" is "/stream_url" to whoever has written the body. */
static void tell_of_body(struct ncco_faults *faults)
{
	for (size_t i = 0; i < faults->count; i++) {
		struct ncco_fault *fault = &faults->items[i];
		char *pointer = replaced(fault->pointer + 2, "streamUrl", "stream_url");
		char *message = replaced(
			fault->message, "\"streamUrl\" or \"url\" is", "\"stream_url\" is");

		free(fault->pointer);
		free(fault->message);
		fault->pointer = pointer;
		fault->message = message;
	}
}

int ncco_order_read_sound(struct json_object *body, const char *action,
	struct ncco_document **ret_document, struct ncco_sound *ret_sound,
	struct ncco_faults *ret_faults)
{
	struct json_object *script = script_of(body, action);
	const struct step *step;
	int r = ncco_parse_json(script, NULL, NULL, ret_document, ret_faults);

	json_object_put(script);
	if (r < 0) {
		tell_of_body(ret_faults);
		return r;
	}
	step = document_steps(*ret_document)->items[0];
	if (step->binding_count == 0 && step->verb->sound(step, ret_sound))
		return 0;
	*ret_document = ncco_document_free(*ret_document);
	ret_faults->items = xcalloc(1, sizeof(*ret_faults->items));
	ret_faults->items[0] = (struct ncco_fault){
		.pointer = xstrdup(""), .message = xstrdup("${} has no place here")};
	ret_faults->count = 1;
	return -EINVAL;
}
