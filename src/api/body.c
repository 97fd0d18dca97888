/* Bodies of requests, and what is wrong with them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/api_private.h"
#include "base/mem.h"
#include "http/url.h"

struct json_object *api_body(struct http_exchange *exchange)
{
	struct json_object *body = NULL;
	const char *text, *error;
	size_t length, offset;
	char *detail;

	text = http_exchange_body(exchange, &length);
	if (length == 0)
		return json_object_new_object();
	if (json_parse(text, length, &body, &error, &offset) < 0) {
		detail = xasprintf("the body is no JSON: %s, at byte %zu", error, offset);
		http_reply_problem(exchange, 400, detail);
		free(detail);
		return NULL;
	}
	if (json_object_is_type(body, json_type_object))
		return body;
	json_object_put(body);
	http_reply_problem(exchange, 400, "the body must be a JSON object");
	return NULL;
}

void api_add_fault(struct json_object **list, const char *name, const char *reason)
{
	struct json_object *row = json_object_new_object();

	json_add_text(row, "name", name);
	json_add_text(row, "reason", reason);
	if (!*list)
		*list = json_object_new_array();
	json_object_array_add(*list, row);
}

/* "/to/0/number" is "to.0.number"; of what is missing ("number" is missing) the name is in the
 * message. */
static void add_one(struct json_object **list, const struct ncco_fault *fault)
{
	char member[40] = "", *name;
	int end = 0;

	if (sscanf(fault->message, "\"%39[a-zA-Z_-]\" is missing%n", member, &end) != 1 || !end)
		member[0] = '\0';
	name = xasprintf("%s%s%s", fault->pointer, *member ? "/" : "", member);
	for (char *c = name; *c; c++)
		if (*c == '/')
			*c = '.';
	api_add_fault(list, *name == '.' ? name + 1 : name, fault->message);
	free(name);
}

void api_add_faults(struct json_object **list, struct ncco_faults *faults)
{
	for (size_t i = 0; i < faults->count; i++)
		add_one(list, &faults->items[i]);
	ncco_faults_release(faults);
}

const char *api_url_of(struct json_object *object, const char *key, struct json_object **faults)
{
	struct json_object *value = json_member(object, key);
	const char *text, *error;

	if (json_object_is_type(value, json_type_array) && json_object_array_length(value) == 1)
		value = json_object_array_get_idx(value, 0);
	text = json_object_is_type(value, json_type_string) ? json_object_get_string(value) : NULL;
	if (text && url_check(text, false, &error) == 0)
		return text;
	api_add_fault(faults, key, value ? "must be an http or https URL" : "is missing");
	return NULL;
}
