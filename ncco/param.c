#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "ncco/reader.h"

#define MAX_HEADERS	 32
#define MAX_HEADER_VALUE 512

const struct param *param_find(const struct param *params, const char *key)
{
	for (const struct param *p = params; p && p->name; p++) {
		if (strcmp(p->name, key) == 0)
			return p;
		for (size_t i = 0; i < ARRAY_SIZE(p->aliases) && p->aliases[i]; i++) {
			if (strcmp(p->aliases[i], key) == 0)
				return p;
		}
	}
	return NULL;
}

/* What a value is, for a message: its start, quoted. */
static void value_brief(struct json_object *value, char out[48])
{
	const char *text = value ? json_print(value) : "null";
	size_t length = strlen(text);

	if (length <= 40) {
		memcpy(out, text, length + 1);
		return;
	}
	length = 37;
	while (((unsigned char)text[length] & 0xc0) == 0x80)
		length--;
	memcpy(out, text, length);
	memcpy(out + length, "...", 4);
}

static void fault_must(struct reader *reader, const struct param *param, const char *what,
	struct json_object *value)
{
	char brief[48];

	value_brief(value, brief);
	reader_fault(reader, "must be %s, not %s%s", what, brief, param->hint ? param->hint : "");
}

/* A string, or where `list` allows the only one in an array; else NULL after a fault. */
static const char *read_string(
	struct reader *reader, const struct param *param, struct json_object *value, bool list)
{
	const char *text;

	if (list && json_object_is_type(value, json_type_array) &&
		json_object_array_length(value) == 1)
		value = json_object_array_get_idx(value, 0);
	if (!json_object_is_type(value, json_type_string)) {
		fault_must(
			reader, param, list ? "a string, or an array of one" : "a string", value);
		return NULL;
	}
	text = json_object_get_string(value);
	if (strlen(text) != (size_t)json_object_get_string_len(value)) {
		reader_fault(reader, "has a NUL character");
		return NULL;
	}
	return text;
}

static bool text_is_number(const char *text)
{
	return *text && strspn(text, "+-.0123456789eE") == strlen(text);
}

static bool read_number(struct reader *reader, const struct param *param, struct json_object *value,
	double *ret_number)
{
	const char *what = param->type == PARAM_INT ? "a whole number" : "a number";
	bool integer = param->type == PARAM_INT;
	double number;

	if ((json_object_is_type(value, json_type_string) &&
		    !text_is_number(json_object_get_string(value))) ||
		json_to_double(value, &number) < 0 || (integer && number != floor(number))) {
		fault_must(reader, param, what, value);
		return false;
	}
	if (param->clamp)
		number = fmin(fmax(number, param->min), param->max);
	if ((param->min != 0 || param->max != 0) && (number < param->min || number > param->max)) {
		reader_fault(
			reader, "must be from %g to %g, not %g", param->min, param->max, number);
		return false;
	}
	*ret_number = number;
	return true;
}

static void read_bool(
	struct reader *reader, const struct param *param, struct json_object *value, bool *out)
{
	const char *text =
		json_object_is_type(value, json_type_string) ? json_object_get_string(value) : "";

	if (json_object_is_type(value, json_type_boolean))
		*out = json_object_get_boolean(value);
	else if (strcmp(text, "true") == 0 || strcmp(text, "false") == 0)
		*out = text[0] == 't';
	else
		fault_must(reader, param, "true or false", value);
}

static bool has_control(const char *text)
{
	for (; *text; text++) {
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return true;
	}
	return false;
}

static size_t count_chars(const char *text)
{
	size_t count = 0;

	for (; *text; text++)
		count += ((unsigned char)*text & 0xc0) != 0x80;
	return count;
}

static void read_text(
	struct reader *reader, const struct param *param, struct json_object *value, char **out)
{
	const char *text = read_string(reader, param, value, false);
	size_t max = param->max > 0 ? (size_t)param->max : NCCO_MAX_TEXT;

	if (!text)
		return;
	if (param->required && !*text)
		reader_fault(reader, "must not be empty");
	else if (count_chars(text) > max)
		reader_fault(reader, "is longer than %zu characters", max);
	else if (param->type == PARAM_LINE && has_control(text))
		reader_fault(reader, "has a control character");
	else
		xstrset(out, text);
}

static void read_url(
	struct reader *reader, const struct param *param, struct json_object *value, char **out)
{
	const char *text = read_string(reader, param, value, true);
	const char *fault = text ? url_fault(text, param->type == PARAM_MEDIA) : NULL;
	char brief[48];

	if (!text)
		return;
	if (!fault) {
		xstrset(out, text);
		return;
	}
	value_brief(value, brief);
	reader_fault(reader, "%s: %s", fault, brief);
}

static void read_choice(
	struct reader *reader, const struct param *param, struct json_object *value, char **out)
{
	struct strbuf what = STRBUF_INIT;

	for (const char *const *v = param->values; *v; v++) {
		if (json_object_is_type(value, json_type_string) &&
			strcasecmp(json_object_get_string(value), *v) == 0) {
			xstrset(out, *v);
			strbuf_release(&what);
			return;
		}
		strbuf_addf(&what, "%s\"%s\"", what.length ? " or " : "", *v);
	}
	fault_must(reader, param, what.data, value);
	strbuf_release(&what);
}

static void read_choices(
	struct reader *reader, const struct param *param, struct json_object *value, char **out)
{
	size_t count;

	if (!json_object_is_type(value, json_type_array)) {
		read_choice(reader, param, value, out);
		return;
	}
	count = json_object_array_length(value);
	if (count == 0)
		fault_must(reader, param, "an array of at least one", value);
	for (size_t i = 0; i < count; i++) {
		reader_enter_index(reader, i);
		read_choice(reader, param, json_object_array_get_idx(value, i), out);
		reader_leave(reader);
	}
}

/* Without what a SIP header cannot carry: RFC 3261 section 25.1, token. */
static bool is_token(const char *name)
{
	if (!*name || strlen(name) > 64)
		return false;
	for (; *name; name++) {
		if (!isalnum((unsigned char)*name) && !strchr("-.!%*_+`'~", *name))
			return false;
	}
	return true;
}

/* Headers that route a message, frame it or tie it to its dialog, in long and short form. */
static bool is_reserved(const char *name)
{
	static const char *const names[] = {"Via", "v", "From", "f", "To", "t", "Call-ID", "i",
		"CSeq", "Contact", "m", "Content-Length", "l", "Content-Type", "c",
		"Content-Encoding", "e", "Max-Forwards", "Record-Route", "Route", "Require",
		"Proxy-Require", "Supported", "k", "Unsupported", "Reason", "Authorization",
		"Proxy-Authorization", "Session-Expires", "x", "RSeq", "RAck"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (strcasecmp(name, names[i]) == 0)
			return true;
	}
	return false;
}

static void read_headers(struct reader *reader, const struct param *param,
	struct json_object *value, struct json_object **out)
{
	size_t before = reader->faults->count;

	if (!json_object_is_type(value, json_type_object)) {
		fault_must(reader, param, "an object of names and strings", value);
		return;
	}
	if (json_object_object_length(value) > MAX_HEADERS)
		reader_fault(reader, "has more than %d headers", MAX_HEADERS);
	json_object_object_foreach (value, name, line) {
		const char *text;

		reader_enter(reader, name);
		text = read_string(reader, param, line, false);
		if (!is_token(name))
			reader_fault(reader, "is not a header name");
		else if (is_reserved(name))
			reader_fault(reader, "is a header that SIP itself needs");
		else if (text && has_control(text))
			reader_fault(reader, "has a control character");
		else if (text && strlen(text) > MAX_HEADER_VALUE)
			reader_fault(reader, "is longer than %d bytes", MAX_HEADER_VALUE);
		reader_leave(reader);
	}
	if (reader->faults->count == before)
		*out = json_object_get(value);
}

static void read_on_error(
	struct reader *reader, const struct param *param, struct json_object *value, void *base)
{
	struct step *step = base;

	if (json_object_is_type(value, json_type_array)) {
		step->on_error = ON_ERROR_STEPS;
		steps_read(reader, value, &step->handler);
	} else if (json_object_is_type(value, json_type_string) &&
		   strcmp(json_object_get_string(value), "hangup") == 0) {
		step->on_error = ON_ERROR_HANGUP;
	} else if (!json_object_is_type(value, json_type_string) ||
		   strcmp(json_object_get_string(value), "continue") != 0) {
		fault_must(reader, param, "\"continue\", \"hangup\" or an array of steps", value);
	}
}

static void read_value(
	struct reader *reader, const struct param *param, struct json_object *value, void *base)
{
	void *member = (char *)base + param->offset;
	double number;

	switch (param->type) {
	case PARAM_BOOL:
		read_bool(reader, param, value, member);
		break;
	case PARAM_INT:
		if (read_number(reader, param, value, &number))
			*(int *)member = (int)number;
		break;
	case PARAM_NUMBER:
		if (read_number(reader, param, value, &number))
			*(double *)member = number;
		break;
	case PARAM_TEXT:
	case PARAM_LINE:
		read_text(reader, param, value, member);
		break;
	case PARAM_URL:
	case PARAM_MEDIA:
		read_url(reader, param, value, member);
		break;
	case PARAM_CHOICE:
		read_choice(reader, param, value, member);
		break;
	case PARAM_CHOICES:
		read_choices(reader, param, value, member);
		break;
	case PARAM_OBJECT:
		if (json_object_is_type(value, json_type_object))
			*(struct json_object **)member = json_object_get(value);
		else
			fault_must(reader, param, "an object", value);
		break;
	case PARAM_HEADERS:
		read_headers(reader, param, value, member);
		break;
	case PARAM_GROUP:
		params_read(reader, param->members, value, base);
		break;
	case PARAM_ON_ERROR:
		read_on_error(reader, param, value, base);
		break;
	}
}

/* Two options that say the same: an alias beside the name, or a group beside its flat form. */
static const char *said_before(const struct reader *reader, const struct param *param)
{
	for (unsigned i = 0; i < reader->seen_count; i++) {
		if (reader->seen[i]->offset == param->offset && param->type != PARAM_GROUP &&
			reader->seen[i]->type == param->type)
			return reader->seen_keys[i];
	}
	return NULL;
}

static void fault_unknown(struct reader *reader, const struct param *params, bool of_step)
{
	const char *names[64];
	const char *key = strrchr(reader_pointer(reader), '/') + 1, *nearest;
	size_t count = 0;

	for (const struct param *p = params; p && p->name; p++) {
		names[count++] = p->name;
		for (size_t i = 0; i < ARRAY_SIZE(p->aliases) && p->aliases[i]; i++)
			names[count++] = p->aliases[i];
	}
	if (of_step)
		names[count++] = "onError";
	nearest = spelling_nearest(key, names, count);
	reader_fault(reader, "unknown option; the nearest is \"%s\"", nearest);
}

static void read_member(struct reader *reader, const struct param *param, const char *key,
	struct json_object *value, void *base)
{
	const char *before = said_before(reader, param);

	if (before) {
		reader_fault(reader, "says the same as \"%s\", which is given too", before);
		return;
	}
	if (reader->seen_count < READER_MAX_SEEN) {
		reader->seen[reader->seen_count] = param;
		reader->seen_keys[reader->seen_count++] = key;
	}
	read_value(reader, param, value, base);
}

/* Members of `object` by the table; where base is a step, by the options of every step too. */
void params_read(
	struct reader *reader, const struct param *params, struct json_object *object, void *base)
{
	bool of_step = params == ((struct step *)base)->verb->params;

	if (!json_object_is_type(object, json_type_object)) {
		reader_fault(reader, "must be an object");
		return;
	}
	json_object_object_foreach (object, key, value) {
		const struct param *param = param_find(params, key);

		reader_enter(reader, key);
		if (!param && of_step) {
			if (strcmp(key, "action") == 0) {
				reader_leave(reader);
				continue;
			}
			param = param_find(step_params, key);
		}
		if (param)
			read_member(reader, param, key, value, base);
		else
			fault_unknown(reader, params, of_step);
		reader_leave(reader);
	}
	for (const struct param *p = params; p && p->name; p++) {
		if (!p->required || reader_has(reader, p->name))
			continue;
		if (p->aliases[0])
			reader_fault(reader, "\"%s\" or \"%s\" is missing", p->name, p->aliases[0]);
		else
			reader_fault(reader, "\"%s\" is missing", p->name);
	}
}

static void release_member(const struct param *param, void *base)
{
	void *member = (char *)base + param->offset;

	switch (param->type) {
	case PARAM_TEXT:
	case PARAM_LINE:
	case PARAM_URL:
	case PARAM_MEDIA:
	case PARAM_CHOICE:
	case PARAM_CHOICES:
		free(*(char **)member);
		*(char **)member = NULL;
		break;
	case PARAM_OBJECT:
	case PARAM_HEADERS:
		json_object_put(*(struct json_object **)member);
		*(struct json_object **)member = NULL;
		break;
	case PARAM_GROUP:
		params_release(param->members, base);
		break;
	case PARAM_ON_ERROR:
		steps_release(&((struct step *)base)->handler);
		break;
	case PARAM_BOOL:
	case PARAM_INT:
	case PARAM_NUMBER:
		break;
	}
}

void params_release(const struct param *params, void *base)
{
	for (const struct param *p = params; p && p->name; p++)
		release_member(p, base);
}
