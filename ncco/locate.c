#include "ncco/locate.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_scan.h"
#include "base/mem.h"

static void locate_value(void *ctx, const struct json_scan *scan, size_t offset)
{
	struct ncco_faults *faults = ctx;
	struct strbuf pointer = STRBUF_INIT;

	json_scan_pointer(scan, &pointer);
	for (size_t i = 0; i < faults->count; i++) {
		if (strcmp(faults->items[i].pointer, pointer.data) == 0)
			faults->items[i].offset = offset;
	}
	strbuf_release(&pointer);
}

void locate_faults(const char *text, size_t length, struct ncco_faults *faults)
{
	json_scan(text, length, locate_value, faults, NULL, NULL);
}

static void count_value(void *ctx, const struct json_scan *scan, size_t offset)
{
	(void)scan;
	(void)offset;
	++*(size_t *)ctx;
}

/* As many values as there are; a key that came twice counts once. Depth: JSON_MAX_DEPTH. */
static size_t count_values(struct json_object *json)
{
	size_t count = 1;

	if (json_object_is_type(json, json_type_array)) {
		for (size_t i = 0; i < json_object_array_length(json); i++)
			count += count_values(json_object_array_get_idx(json, i));
	} else if (json_object_is_type(json, json_type_object)) {
		json_object_object_foreach (json, key, value) {
			(void)key;
			count += count_values(value);
		}
	}
	return count;
}

struct place {
	char *pointer;
	size_t offset;
};

struct places {
	struct place *items;
	size_t count;
};

static void note_value(void *ctx, const struct json_scan *scan, size_t offset)
{
	struct places *places = ctx;
	struct strbuf pointer = STRBUF_INIT;

	json_scan_pointer(scan, &pointer);
	places->items[places->count++] = (struct place){xstrdup(pointer.data), offset};
	strbuf_release(&pointer);
}

static int place_compare(const void *a, const void *b)
{
	const struct place *x = a, *y = b;
	int order = strcmp(x->pointer, y->pointer);

	return order ? order : (x->offset > y->offset) - (x->offset < y->offset);
}

/* What stands inside a key that is given twice is twice there as well, and is not told. */
static void tell_duplicate(struct ncco_faults *faults, const struct place *place)
{
	const struct ncco_fault *last = faults->count ? &faults->items[faults->count - 1] : NULL;
	size_t length = last ? strlen(last->pointer) : 0;

	if (last && strncmp(last->pointer, place->pointer, length) == 0 &&
		(place->pointer[length] == '/' || place->pointer[length] == 0))
		return;
	if (faults->count == NCCO_MAX_FAULTS)
		return;
	if (!faults->items)
		faults->items = xcalloc(NCCO_MAX_FAULTS, sizeof *faults->items);
	faults->items[faults->count++] = (struct ncco_fault){.pointer = xstrdup(place->pointer),
		.message = xstrdup("is given twice"),
		.offset = place->offset};
}

void locate_duplicates(
	const char *text, size_t length, struct json_object *json, struct ncco_faults *ret_faults)
{
	struct places places = {0};
	size_t count = 0;

	json_scan(text, length, count_value, &count, NULL, NULL);
	if (count == count_values(json))
		return;
	places.items = xcalloc(count, sizeof *places.items);
	json_scan(text, length, note_value, &places, NULL, NULL);
	qsort(places.items, places.count, sizeof *places.items, place_compare);
	for (size_t i = 1; i < places.count; i++) {
		if (strcmp(places.items[i - 1].pointer, places.items[i].pointer) == 0)
			tell_duplicate(ret_faults, &places.items[i]);
	}
	for (size_t i = 0; i < places.count; i++)
		free(places.items[i].pointer);
	free(places.items);
}
