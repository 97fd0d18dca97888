/* One value of an option: read by its row of the table, and released. */
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "ncco/reader.h"
#include "ncco/template.h"

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

void fault_must(struct reader *reader, const struct param *param, const char *what,
	struct json_object *value)
{
	char brief[48];

	value_brief(value, brief);
	reader_fault(reader, "must be %s, not %s%s", what, brief, param->hint ? param->hint : "");
}

const char *string_read(
	struct reader *reader, const struct param *param, struct json_object *value, bool list)
{
	const char *text;
	bool bare = param->bare && json_object_is_type(value, json_type_int);

	if (list && json_object_is_type(value, json_type_array) &&
		json_object_array_length(value) == 1)
		value = json_object_array_get_idx(value, 0);
	if (!bare && !json_object_is_type(value, json_type_string)) {
		fault_must(
			reader, param, list ? "a string, or an array of one" : "a string", value);
		return NULL;
	}
	text = json_object_get_string(value);
	if (!bare && strlen(text) != (size_t)json_object_get_string_len(value)) {
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

bool has_control(const char *text)
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
	const char *text = string_read(reader, param, value, false);
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
	const char *text = string_read(reader, param, value, true);
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

/* Which of the values it is; -1 after a fault. */
static int find_choice(struct reader *reader, const struct param *param, struct json_object *value)
{
	bool text = json_object_is_type(value, json_type_string) ||
		    (param->bare && json_object_is_type(value, json_type_int));
	struct strbuf what = STRBUF_INIT;

	for (int i = 0; param->values[i]; i++) {
		if (text && strcasecmp(json_object_get_string(value), param->values[i]) == 0) {
			strbuf_release(&what);
			return i;
		}
		strbuf_addf(&what, "%s\"%s\"", what.length ? " or " : "", param->values[i]);
	}
	fault_must(reader, param, what.data, value);
	strbuf_release(&what);
	return -1;
}

static void read_choice(
	struct reader *reader, const struct param *param, struct json_object *value, char **out)
{
	int choice = find_choice(reader, param, value);

	if (choice >= 0)
		xstrset(out, param->values[choice]);
}

static void read_choices(
	struct reader *reader, const struct param *param, struct json_object *value, unsigned *out)
{
	bool array = json_object_is_type(value, json_type_array);
	size_t count = array ? json_object_array_length(value) : 1;
	int choice;

	*out = 0;
	if (count == 0)
		fault_must(reader, param, "an array of at least one", value);
	for (size_t i = 0; i < count; i++) {
		if (array)
			reader_enter_index(reader, i);
		choice = find_choice(
			reader, param, array ? json_object_array_get_idx(value, i) : value);
		if (choice >= 0)
			*out |= 1U << choice;
		if (array)
			reader_leave(reader);
	}
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

static void read_variables(struct reader *reader, const struct param *param,
	struct json_object *value, struct assignments *out)
{
	if (!json_object_is_type(value, json_type_object)) {
		fault_must(reader, param, "an object of names and values", value);
		return;
	}
	out->items = xcalloc((size_t)json_object_object_length(value) + 1, sizeof *out->items);
	json_object_object_foreach (value, name, assigned) {
		struct assignment *item = &out->items[out->count++];
		const char *fault = variable_name_fault(name);

		reader_enter(reader, name);
		if (fault)
			reader_fault(reader, "%s", fault);
		item->name = xstrdup(name);
		item->value = template_read(reader, assigned, TEMPLATE_JSON);
		reader_leave(reader);
	}
}

static void read_template(struct reader *reader, const struct param *param,
	struct json_object *value, struct template **out)
{
	bool given = json_object_is_type(value, json_type_boolean);
	struct json_object *text = json_object_get(value);
	char *line = NULL;

	if (given && !json_object_get_boolean(value)) {
		json_object_put(text);
		return;
	}
	if (given) {
		json_object_put(text);
		text = json_object_new_string(param->standard);
	}
	read_text(reader, param, text, &line);
	if (line)
		*out = template_read(reader, text, TEMPLATE_TEXT);
	free(line);
	json_object_put(text);
}

static void read_expression(struct reader *reader, const struct param *param,
	struct json_object *value, struct expr **out)
{
	struct expr_fault fault;

	if (!json_object_is_type(value, json_type_string) &&
		!json_object_is_type(value, json_type_boolean))
		fault_must(reader, param, "an expression in a string", value);
	else if (expr_compile(json_object_get_string(value), out, &fault) < 0)
		reader_fault(reader, "%s", fault.text);
}

static bool takes_object(enum param_type type)
{
	return type == PARAM_OBJECT || type == PARAM_HEADERS || type == PARAM_GROUP ||
	       type == PARAM_VARIABLES;
}

/* An empty array of PHP's is written as one, also where it stands for an object. */
static void read_empty(struct reader *reader, const struct param *param, void *base)
{
	struct json_object *object = json_object_new_object();

	param_read(reader, param, object, base);
	json_object_put(object);
}

/* Values that have others in them. */
static void read_compound(
	struct reader *reader, const struct param *param, struct json_object *value, void *base)
{
	void *member = (char *)base + param->offset;

	switch (param->type) {
	case PARAM_OBJECT:
		object_read(reader, param, value, member);
		break;
	case PARAM_HEADERS:
		headers_read(reader, param, value, member);
		break;
	case PARAM_GROUP:
		params_read(reader, param->members, value, NULL, base);
		break;
	case PARAM_MEDIA_LIST:
	case PARAM_TEXT_LIST:
	case PARAM_LINE_LIST:
		list_read(reader, param, value, member);
		break;
	case PARAM_ENTRIES:
		entries_read(reader, param, value, member);
		break;
	case PARAM_VARIABLES:
		read_variables(reader, param, value, member);
		break;
	case PARAM_TEMPLATE:
		read_template(reader, param, value, member);
		break;
	case PARAM_EXPRESSION:
		read_expression(reader, param, value, member);
		break;
	case PARAM_STEPS:
		if (json_object_is_type(value, json_type_array))
			steps_read(reader, value, member);
		else
			fault_must(reader, param, "an array of steps", value);
		break;
	case PARAM_ON_ERROR:
		read_on_error(reader, param, value, base);
		break;
	default:
		break;
	}
}

void param_read(
	struct reader *reader, const struct param *param, struct json_object *value, void *base)
{
	void *member = (char *)base + param->offset;
	double number;

	if (takes_object(param->type) && json_object_is_type(value, json_type_array) &&
		json_object_array_length(value) == 0) {
		read_empty(reader, param, base);
		return;
	}
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
	default:
		read_compound(reader, param, value, base);
		break;
	}
}

static void release_assignments(struct assignments *assignments)
{
	for (unsigned i = 0; i < assignments->count; i++) {
		free(assignments->items[i].name);
		template_free(assignments->items[i].value);
	}
	free(assignments->items);
	*assignments = (struct assignments){0};
}

void param_release(const struct param *param, void *base)
{
	void *member = (char *)base + param->offset;

	switch (param->type) {
	case PARAM_TEXT:
	case PARAM_LINE:
	case PARAM_URL:
	case PARAM_MEDIA:
	case PARAM_CHOICE:
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
	case PARAM_MEDIA_LIST:
	case PARAM_TEXT_LIST:
	case PARAM_LINE_LIST:
		list_release(member);
		break;
	case PARAM_ENTRIES:
		entries_release(member);
		break;
	case PARAM_VARIABLES:
		release_assignments(member);
		break;
	case PARAM_TEMPLATE:
		*(struct template **)member = template_free(*(struct template **)member);
		break;
	case PARAM_EXPRESSION:
		*(struct expr **)member = expr_free(*(struct expr **)member);
		break;
	case PARAM_STEPS:
		steps_release(member);
		break;
	case PARAM_ON_ERROR:
		steps_release(&((struct step *)base)->handler);
		break;
	case PARAM_BOOL:
	case PARAM_INT:
	case PARAM_NUMBER:
	case PARAM_CHOICES:
		break;
	}
}
