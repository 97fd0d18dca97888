#include "ncco/order.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "ncco/amd_options.h"
#include "ncco/endpoint.h"
#include "ncco/reader.h"

#define MAX_CLIENT_STATE 4096

struct order_step {
	struct step step; /* as for the options of a step */
	struct ncco_order order;
	struct entries to;
	char *from, *answer_url, *answer_method, *event_url, *event_method;
	char *trunk, *client_state, *application;
	bool random_from;
	int ringing, length;
	char *machine_detection;
	struct amd_options amd;
	struct json_object *headers, *all_headers;
};

static const char *const methods[] = {"GET", "POST", NULL};

static const struct param amd_params[] = {
	AMD_PARAMS(struct order_step, amd),
	{.name = NULL},
};

static const struct param order_params[] = {
	{.name = "to",
		.type = PARAM_ENTRIES,
		.kinds = endpoint_kinds,
		.most = 1,
		.offset = offsetof(struct order_step, to)},
	{.name = "from",
		.type = PARAM_LINE,
		.max = 255,
		.bare = true,
		.offset = offsetof(struct order_step, from)},
	{.name = "random_from_number",
		.aliases = {"randomFromNumber"},
		.type = PARAM_BOOL,
		.offset = offsetof(struct order_step, random_from)},
	{.name = "answer_url",
		.aliases = {"answerUrl"},
		.type = PARAM_URL,
		.offset = offsetof(struct order_step, answer_url)},
	{.name = "answer_method",
		.aliases = {"answerMethod"},
		.type = PARAM_CHOICE,
		.values = methods,
		.offset = offsetof(struct order_step, answer_method)},
	{.name = "event_url",
		.aliases = {"eventUrl"},
		.type = PARAM_URL,
		.offset = offsetof(struct order_step, event_url)},
	{.name = "event_method",
		.aliases = {"eventMethod"},
		.type = PARAM_CHOICE,
		.values = methods,
		.offset = offsetof(struct order_step, event_method)},
	{.name = "machine_detection",
		.aliases = {"machineDetection"},
		.type = PARAM_CHOICE,
		.values = amd_behaviors,
		.offset = offsetof(struct order_step, machine_detection)},
	{.name = "advanced_machine_detection",
		.aliases = {"advancedMachineDetection"},
		.type = PARAM_GROUP,
		.members = amd_params},
	{.name = "ringing_timer",
		.aliases = {"ringingTimer"},
		.type = PARAM_INT,
		.min = 1,
		.max = 120,
		.fallback = "60",
		.offset = offsetof(struct order_step, ringing)},
	{.name = "length_timer",
		.aliases = {"lengthTimer"},
		.type = PARAM_INT,
		.min = 1,
		.max = 86400,
		.fallback = "7200",
		.offset = offsetof(struct order_step, length)},
	{.name = "headers",
		.type = PARAM_HEADERS,
		.prefixed = true,
		.offset = offsetof(struct order_step, headers)},
	{.name = "trunk",
		.type = PARAM_LINE,
		.max = 128,
		.offset = offsetof(struct order_step, trunk)},
	{.name = "client_state",
		.type = PARAM_TEXT,
		.max = MAX_CLIENT_STATE,
		.offset = offsetof(struct order_step, client_state)},
	{.name = "application_id",
		.type = PARAM_LINE,
		.max = 128,
		.offset = offsetof(struct order_step, application)},
	{.name = NULL},
};

/* What the reader wants to know of whose options these are. */
static const struct verb order_verb = {.name = "call", .params = order_params};

/* --- several ways to say the same --- */

/* How an endpoint of a type is named, and how a text of one begins. */
static const struct {
	const char *type, *key, *prefix;
	bool with_prefix; /* it belongs to the name */
} spellings[] = {
	{"sip", "uri", "sip:", true},
	{"sip", "uri", "sips:", true},
	{"websocket", "uri", "ws:", true},
	{"websocket", "uri", "wss:", true},
	{"app", "user", "user:", false},
	{"vbc", "extension", "extension:", false},
	{"phone", "number", "", false},
};

/* "15550100", "sip:bob@host", "user:1001" as an endpoint. New object. */
static struct json_object *endpoint_of_text(const char *text)
{
	struct json_object *made = json_object_new_object();
	size_t i = 0;

	while (strncasecmp(text, spellings[i].prefix, strlen(spellings[i].prefix)) != 0)
		i++;
	if (!spellings[i].with_prefix)
		text += strlen(spellings[i].prefix);
	json_add_text(made, "type", spellings[i].type);
	json_add_text(made, spellings[i].key, text);
	return made;
}

/* Members that are null were not said: some SDKs write all that they know. New. */
static struct json_object *without_nulls(struct json_object *value)
{
	struct json_object *made;

	if (!json_object_is_type(value, json_type_object))
		return json_object_get(value);
	made = json_object_new_object();
	json_object_object_foreach (value, key, member) {
		if (member)
			json_object_object_add(made, key, json_object_get(member));
	}
	return made;
}

static struct json_object *endpoint_of(struct json_object *value)
{
	if (json_object_is_type(value, json_type_string) ||
		json_object_is_type(value, json_type_int))
		return endpoint_of_text(json_object_get_string(value));
	return without_nulls(value);
}

/* Endpoints, some perhaps as texts. New. */
static struct json_object *spell_to(struct json_object *to)
{
	struct json_object *list;

	if (!json_object_is_type(to, json_type_array))
		return endpoint_of(to);
	list = json_object_new_array();
	for (size_t i = 0; i < json_object_array_length(to); i++)
		json_object_array_add(list, endpoint_of(json_object_array_get_idx(to, i)));
	return list;
}

/* What an endpoint is called by; anything else as it is. New. */
static struct json_object *spell_from(struct json_object *from)
{
	static const char *const keys[] = {"number", "uri", "user", "extension"};
	struct json_object *made = NULL;
	const char *text;

	if (json_object_is_type(from, json_type_object)) {
		for (size_t i = 0; i < ARRAY_SIZE(keys) && !made; i++)
			made = json_member(from, keys[i]);
		return json_object_get(made ? made : from);
	}
	text = json_object_is_type(from, json_type_string) ? json_object_get_string(from) : "";
	if (strncasecmp(text, "user:", 5) == 0)
		return json_object_new_string(text + 5);
	return json_object_get(from);
}

/* The body with one way to say everything, without nulls and without the script. New. */
static struct json_object *spell(struct json_object *body)
{
	struct json_object *made = json_object_new_object();

	json_object_object_foreach (body, key, value) {
		if (!value || strcmp(key, "ncco") == 0 || strcmp(key, "steps") == 0)
			continue;
		if (strcmp(key, "to") == 0)
			value = spell_to(value);
		else if (strcmp(key, "from") == 0)
			value = spell_from(value);
		else
			value = json_object_get(value);
		json_object_object_add(made, key, value);
	}
	return made;
}

/* --- the script --- */

static void read_script(struct reader *reader, struct json_object *body, const char *key,
	const struct ncco_limits *limits, struct order_step *o)
{
	struct ncco_faults faults;

	if (ncco_parse_json(json_member(body, key), NULL, limits, &o->order.document, &faults) == 0)
		return;
	for (size_t i = 0; i < faults.count; i++) {
		size_t length = reader->pointer.length;

		pointer_add(&reader->pointer, key);
		strbuf_adds(&reader->pointer, faults.items[i].pointer);
		reader_fault(reader, "%s", faults.items[i].message);
		reader->pointer.length = length;
		reader->pointer.data[length] = '\0';
	}
	ncco_faults_release(&faults);
}

static void check_script(struct reader *reader, struct json_object *body,
	const struct ncco_limits *limits, struct order_step *o)
{
	bool ncco = json_member(body, "ncco"), steps = json_member(body, "steps");
	bool url = reader_has(reader, "answer_url");

	if (ncco + steps + url > 1)
		reader_fault_at(reader, url ? "answer_url" : "ncco", "cannot be given with \"%s\"",
			url && ncco ? "ncco" : "steps");
	else if (ncco || steps)
		read_script(reader, body, ncco ? "ncco" : "steps", limits, o);
	else if (!url)
		reader_fault_at(reader, "answer_url", "is missing, as are \"ncco\" and \"steps\"");
}

/* --- what a row alone cannot see --- */

static void check_url(struct reader *reader, const char *key, const char *url)
{
	if (url && strncasecmp(url, "http://", 7) != 0 && strncasecmp(url, "https://", 8) != 0)
		reader_fault_at(reader, key, "must begin with http:// or https://");
}

static void check(struct reader *reader, struct order_step *o)
{
	if (!reader_has(reader, "to"))
		reader_fault_at(reader, "to", "is missing");
	if (o->from && !*o->from)
		reader_fault_at(reader, "from", "must not be empty");
	if (o->random_from && o->from)
		reader_fault_at(reader, "random_from_number", "cannot be true beside \"from\"");
	check_url(reader, "answer_url", o->answer_url);
	check_url(reader, "event_url", o->event_url);
}

/* Those of the order, and those of the endpoint, which are the nearer. */
static struct json_object *join_headers(struct json_object *headers, struct json_object *own)
{
	struct json_object *all = json_object_new_object();

	if (headers) {
		json_object_object_foreach (headers, key, value)
			json_object_object_add(all, key, json_object_get(value));
	}
	if (own) {
		json_object_object_foreach (own, key, value)
			json_object_object_add(all, key, json_object_get(value));
	}
	return all;
}

static void fill(struct reader *reader, struct order_step *o)
{
	bool advanced = reader_has(reader, "advanced_machine_detection");
	struct ncco_order *order = &o->order;

	endpoint_fill(o->to.items[0], &order->to);
	if (order->to.answer_url)
		reader_fault_at(reader, "to", "cannot have \"onAnswer\": the call has a script");
	o->all_headers = join_headers(o->headers, order->to.headers);
	order->to.headers = o->all_headers;
	amd_fill(&o->amd, &order->amd);
	if (!advanced && o->machine_detection)
		order->amd.hangup = strcmp(o->machine_detection, "hangup") == 0;
	order->amd_wanted = advanced || o->machine_detection;
	order->from = o->from;
	order->random_from = o->random_from;
	order->answer_url = o->answer_url;
	order->answer_method = o->answer_method;
	order->event_url = o->event_url;
	order->event_method = o->event_method;
	order->ringing_s = (unsigned)o->ringing;
	order->length_s = (unsigned)o->length;
	order->trunk = o->trunk;
	order->client_state = o->client_state;
	order->application = o->application;
}

int ncco_order_read(struct json_object *body, const struct ncco_limits *limits,
	struct ncco_order **ret_order, struct ncco_faults *ret_faults)
{
	struct order_step *o = xcalloc(1, sizeof(*o));
	struct reader reader = {
		.faults = ret_faults, .pointer = STRBUF_INIT, .step = &o->step, .filled = true};
	struct json_object *spelled;

	*ret_faults = (struct ncco_faults){0};
	o->step.verb = &order_verb;
	params_set_fallbacks(order_params, o);
	if (json_object_is_type(body, json_type_object)) {
		spelled = spell(body);
		params_read(&reader, order_params, spelled, NULL, o);
		check_script(&reader, body, limits, o);
		check(&reader, o);
		json_object_put(spelled);
	} else {
		reader_fault(&reader, "must be an object");
	}
	if (ret_faults->count == 0)
		fill(&reader, o);
	strbuf_release(&reader.pointer);
	if (ret_faults->count > 0) {
		ncco_order_free(&o->order);
		return -EINVAL;
	}
	*ret_order = &o->order;
	return 0;
}

struct ncco_document *ncco_order_take_document(struct ncco_order *order)
{
	struct ncco_document *document = order->document;

	order->document = NULL;
	return document;
}

struct ncco_order *ncco_order_free(struct ncco_order *order)
{
	struct order_step *o;

	if (!order)
		return NULL;
	o = (struct order_step *)((char *)order - offsetof(struct order_step, order));
	params_release(order_params, o);
	ncco_document_free(order->document);
	json_object_put(o->all_headers);
	free(o);
	return NULL;
}
