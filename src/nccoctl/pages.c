#include "nccoctl/pages.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "nccoctl/remote.h"

#define PAGE 100

static void take(
	struct json_object *page, const char *name, unsigned long limit, struct json_object *rows)
{
	struct json_object *list = json_member(json_member(page, "_embedded"), name);
	size_t count =
		json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;

	for (size_t i = 0; i < count && json_object_array_length(rows) < limit; i++)
		json_object_array_add(rows, json_object_get(json_object_array_get_idx(list, i)));
}

int pages_read(const struct ctl *ctl, const char *path, const char *name, unsigned long limit,
	struct json_object **ret_rows)
{
	struct json_object *rows = json_object_new_array();
	bool more = true;
	int status = 0;

	for (unsigned index = 0; status == 0 && more && json_object_array_length(rows) < limit;
		index++) {
		unsigned long size = limit < PAGE ? limit : PAGE;
		char *whole = xasprintf("%s&page_size=%lu&record_index=%u", path, size, index);
		struct json_object *page = NULL;

		status = remote_ask(ctl, "GET", whole, NULL, &page);
		take(page, name, limit, rows);
		more = json_member(json_member(page, "_links"), "next") != NULL;
		json_object_put(page);
		free(whole);
	}
	*ret_rows = rows;
	return status;
}

bool pages_limit(const char *text, unsigned long *ret_limit)
{
	char *end;

	errno = 0;
	*ret_limit = strtoul(text, &end, 10);
	return *text >= '0' && *text <= '9' && !*end && !errno && *ret_limit > 0;
}

const char *pages_time(const char *text, char *out, size_t size)
{
	if (!text || strlen(text) <= 19)
		return "-";
	snprintf(out, size, "%.10s %.8s", text, text + 11);
	return out;
}

double pages_between(const char *begun, const char *ended)
{
	struct tm a = {0}, b = {0};

	if (!begun || !ended || !strptime(begun, "%Y-%m-%dT%H:%M:%S", &a) ||
		!strptime(ended, "%Y-%m-%dT%H:%M:%S", &b))
		return -1;
	return difftime(timegm(&b), timegm(&a));
}
