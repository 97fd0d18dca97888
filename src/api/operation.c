#include "api/operation.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "http/query.h"

static const struct {
	enum api_scope scope;
	const char *name;
} scopes[] = {
	{API_CALLS_READ, "calls:read"},
	{API_CALLS_WRITE, "calls:write"},
	{API_METRICS_READ, "metrics:read"},
	{API_ADMIN, "admin"},
};

enum api_scope api_scope_of(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(scopes); i++)
		if (strcmp(scopes[i].name, name) == 0)
			return scopes[i].scope;
	return API_OPEN;
}

const char *api_scope_name(enum api_scope scope)
{
	for (size_t i = 0; i < ARRAY_SIZE(scopes); i++)
		if (scopes[i].scope == scope)
			return scopes[i].name;
	return "";
}

/* --- times --- */

/* Behind the seconds: ".123", then "Z", "+01:00" or nothing. A '+' may have become a space. */
static int read_fraction_and_zone(const char *text, int64_t *time)
{
	int64_t unit = (int64_t)USEC_PER_SEC;
	unsigned hours, minutes;
	int length = 0;
	char sign;

	if (*text == '.') {
		for (text++; isdigit((unsigned char)*text); text++) {
			unit /= 10;
			*time += unit * (*text - '0');
		}
	}
	if (!*text || strcasecmp(text, "Z") == 0)
		return 0;
	if (sscanf(text, "%c%2u:%2u%n", &sign, &hours, &minutes, &length) != 3 || text[length] ||
		!strchr("+- ", sign) || hours > 23 || minutes > 59)
		return -EINVAL;
	*time += (sign == '-' ? 1 : -1) * (int64_t)(hours * 60 + minutes) * 60 *
		 (int64_t)USEC_PER_SEC;
	return 0;
}

int api_time_read(const char *text, int64_t *ret_time)
{
	struct tm tm = {0};
	const char *rest = strptime(text, "%Y-%m-%d", &tm);
	int64_t time;

	if (!rest || !isdigit((unsigned char)*text))
		return -EINVAL;
	if (*rest == 'T' || *rest == 't' || *rest == ' ') {
		rest = strptime(rest + 1, "%H:%M:%S", &tm);
		if (!rest)
			return -EINVAL;
	} else if (*rest) {
		return -EINVAL;
	}
	time = (int64_t)timegm(&tm) * (int64_t)USEC_PER_SEC;
	if (read_fraction_and_zone(rest, &time) < 0)
		return -EINVAL;
	*ret_time = time;
	return 0;
}

/* --- queries --- */

static void fault(struct json_object **faults, const char *name, char *reason)
{
	struct json_object *row = json_object_new_object();

	json_add_text(row, "name", name);
	json_add_text(row, "reason", reason);
	free(reason);
	if (!*faults)
		*faults = json_object_new_array();
	json_object_array_add(*faults, row);
}

static char *must_be_one_of(const char *const *names)
{
	struct strbuf text = STRBUF_INIT;

	for (size_t i = 0; names[i]; i++)
		strbuf_addf(&text, i ? ", %s" : "must be one of %s", names[i]);
	return strbuf_detach(&text);
}

static bool is_one_of(const char *const *names, const char *text)
{
	for (; *names; names++)
		if (strcmp(*names, text) == 0)
			return true;
	return false;
}

/* NULL, or why it is none. */
static char *read_value(const struct api_field *field, const char *text, struct json_object *values)
{
	int64_t number;
	char *end;

	switch (field->type) {
	case API_TEXT:
		if (field->names && !is_one_of(field->names, text))
			return must_be_one_of(field->names);
		json_add_text(values, field->name, text);
		return NULL;
	case API_INTEGER:
		errno = 0;
		number = strtoll(text, &end, 10);
		if (!isdigit((unsigned char)*text) || *end || errno || number < field->min ||
			number > field->max)
			return xasprintf("must be a whole number from %" PRId64 " to %" PRId64,
				field->min, field->max);
		json_add_int(values, field->name, number);
		return NULL;
	case API_TIME:
		if (api_time_read(text, &number) < 0)
			return xstrdup("must be a time such as 2026-11-21T06:10:00Z");
		json_add_int(values, field->name, number);
		return NULL;
	}
	return NULL;
}

static const struct api_field *find(const struct api_field *fields, const char *name)
{
	for (; fields && fields->name; fields++)
		if (strcmp(fields->name, name) == 0)
			return fields;
	return NULL;
}

static struct json_object *defaults(const struct api_field *fields)
{
	struct json_object *values = json_object_new_object();

	for (; fields && fields->name; fields++) {
		if (fields->type == API_INTEGER)
			json_add_int(values, fields->name, fields->fallback);
		else if (fields->type == API_TEXT && fields->text)
			json_add_text(values, fields->name, fields->text);
	}
	return values;
}

int api_query_read(const char *query, const struct api_field *fields,
	struct json_object **ret_values, struct json_object **ret_faults)
{
	struct json_object *values = defaults(fields), *faults = NULL;
	struct strbuf name = STRBUF_INIT, value = STRBUF_INIT;

	while (query_next(&query, &name, &value)) {
		const struct api_field *field = find(fields, name.data);
		char *reason = field ? read_value(field, value.data, values) : NULL;

		if (reason)
			fault(&faults, name.data, reason);
	}
	strbuf_release(&name);
	strbuf_release(&value);
	if (!faults) {
		*ret_values = values;
		return 0;
	}
	json_object_put(values);
	*ret_faults = faults;
	return -EINVAL;
}
