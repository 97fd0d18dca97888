/* What is wrong with a configuration: collecting, ordering, guessing what was meant. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/option_private.h"

#define FAULTS_MAX   200 /* more than anybody reads; the rest is counted */
#define KEY_MAX_SIZE 64	 /* longer names are not compared */

struct option_fault {
	struct toml_mark mark;
	size_t order;
	char *text;
};

void option_fault(struct option_load *load, struct json_object *where, const char *path,
	const char *format, ...)
{
	struct option_fault *fault;
	struct strbuf text = STRBUF_INIT;
	char message[1024];
	va_list args;

	if (load->fault_count++ >= FAULTS_MAX)
		return;
	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	load->faults = xrealloc(load->faults, load->fault_count * sizeof(*fault));
	fault = &load->faults[load->fault_count - 1];
	fault->mark = toml_mark_of(where);
	fault->order = load->fault_count;
	if (fault->mark.line)
		strbuf_addf(&text, "%s:%u:%u: ", load->file, fault->mark.line, fault->mark.column);
	else if (fault->mark.column)
		strbuf_adds(&text, "-o ");
	strbuf_addf(&text, "%s: %s", path, message);
	fault->text = strbuf_detach(&text);
}

/* The file from top to bottom, then the overrides in their order. */
static int compare_faults(const void *a, const void *b)
{
	const struct option_fault *x = a, *y = b;

	if ((x->mark.line == 0) != (y->mark.line == 0))
		return x->mark.line == 0 ? 1 : -1;
	if (x->mark.line != y->mark.line)
		return x->mark.line < y->mark.line ? -1 : 1;
	if (x->mark.column != y->mark.column)
		return x->mark.column < y->mark.column ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

char *option_take_faults(struct option_load *load)
{
	size_t count = load->fault_count < FAULTS_MAX ? load->fault_count : FAULTS_MAX;
	struct strbuf out = STRBUF_INIT;

	if (count == 0)
		return NULL;
	qsort(load->faults, count, sizeof(*load->faults), compare_faults);
	for (size_t i = 0; i < count; i++) {
		strbuf_addf(&out, "%s%s", i ? "\n" : "", load->faults[i].text);
		free(load->faults[i].text);
	}
	if (load->fault_count > count)
		strbuf_addf(&out, "\nand %zu more faults", load->fault_count - count);
	free(load->faults);
	load->faults = NULL;
	load->fault_count = 0;
	return strbuf_detach(&out);
}

static size_t min3(size_t a, size_t b, size_t c)
{
	a = b < a ? b : a;
	return c < a ? c : a;
}

/* Levenshtein; both shorter than KEY_MAX_SIZE. */
static size_t distance(const char *a, const char *b)
{
	size_t row[KEY_MAX_SIZE + 1], width = strlen(b), corner;

	for (size_t j = 0; j <= width; j++)
		row[j] = j;
	for (size_t i = 1; a[i - 1]; i++) {
		corner = row[0];
		row[0] = i;
		for (size_t j = 1; j <= width; j++) {
			size_t change = corner + (a[i - 1] != b[j - 1]);

			corner = row[j];
			row[j] = min3(row[j] + 1, row[j - 1] + 1, change);
		}
	}
	return row[width];
}

/* How far a known key is from what was written; a key of that name elsewhere is near. */
static size_t distance_of(const char *known, const char *key, const char *name)
{
	const char *last = strrchr(known, '.');

	if (strlen(known) >= KEY_MAX_SIZE || strlen(key) >= KEY_MAX_SIZE)
		return KEY_MAX_SIZE;
	if (strcmp(last ? last + 1 : known, name) == 0)
		return 1;
	return distance(known, key);
}

void option_suggest(const struct option_load *load, const struct option_path *at, const char *name,
	struct strbuf *out)
{
	struct strbuf key = STRBUF_INIT;
	size_t best = KEY_MAX_SIZE, prefix = at->key.length;
	const char *nearest = NULL;

	if (load->fault_count >= FAULTS_MAX)
		return;
	strbuf_adds(&key, at->key.data);
	option_path_add(&key, name);
	for (size_t i = 0; i < load->option_count; i++) {
		const char *known = load->options[i].key;
		size_t far = distance_of(known, key.data, name);

		if (far < best && far <= 1 + strlen(name) / 3) {
			best = far;
			nearest = known;
		}
	}
	if (nearest && prefix && strncmp(nearest, at->key.data, prefix) == 0)
		strbuf_addf(out, ", did you mean %s%s?", at->path.data, nearest + prefix);
	else if (nearest)
		strbuf_addf(out, ", did you mean %s?", nearest);
	strbuf_release(&key);
}
