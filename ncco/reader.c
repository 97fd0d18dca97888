#include "ncco/reader.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void ncco_faults_release(struct ncco_faults *faults)
{
	for (size_t i = 0; i < faults->count; i++) {
		free(faults->items[i].pointer);
		free(faults->items[i].message);
	}
	free(faults->items);
	*faults = (struct ncco_faults){0};
}

static void append_fault(struct reader *reader, const char *format, va_list args)
{
	struct ncco_faults *faults = reader->faults;
	char message[512];

	if (faults->count == NCCO_MAX_FAULTS)
		return;
	if (!faults->items)
		faults->items = xcalloc(NCCO_MAX_FAULTS, sizeof *faults->items);
	vsnprintf(message, sizeof message, format, args);
	faults->items[faults->count++] = (struct ncco_fault){
		.pointer = xstrdup(reader->pointer.data), .message = xstrdup(message)};
}

void reader_fault(struct reader *reader, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	append_fault(reader, format, args);
	va_end(args);
}

void reader_fault_at(struct reader *reader, const char *key, const char *format, ...)
{
	va_list args;

	reader_enter(reader, key);
	va_start(args, format);
	append_fault(reader, format, args);
	va_end(args);
	reader_leave(reader);
}

static void mark(struct reader *reader)
{
	if (reader->depth == ARRAY_SIZE(reader->marks))
		abort(); /* the depth of JSON and of nested steps is bounded well below */
	reader->marks[reader->depth++] = reader->pointer.length;
}

void pointer_add(struct strbuf *pointer, const char *key)
{
	strbuf_addc(pointer, '/');
	for (; *key; key++) {
		if (*key == '~' || *key == '/')
			strbuf_adds(pointer, *key == '~' ? "~0" : "~1");
		else
			strbuf_addc(pointer, *key);
	}
}

void reader_enter(struct reader *reader, const char *key)
{
	mark(reader);
	pointer_add(&reader->pointer, key);
}

void reader_enter_index(struct reader *reader, size_t index)
{
	mark(reader);
	strbuf_addf(&reader->pointer, "/%zu", index);
}

void reader_leave(struct reader *reader)
{
	reader->pointer.length = reader->marks[--reader->depth];
	reader->pointer.data[reader->pointer.length] = 0;
}

const char *reader_pointer(const struct reader *reader)
{
	return reader->pointer.data;
}

bool reader_has(const struct reader *reader, const char *name)
{
	for (unsigned i = 0; i < reader->seen.count; i++) {
		if (strcmp(reader->seen.params[i]->name, name) == 0)
			return true;
	}
	return false;
}

const char *reader_spelling(const struct reader *reader, const struct param *param)
{
	for (unsigned i = 0; i < reader->seen.count; i++) {
		if (reader->seen.params[i] != param)
			continue;
		for (size_t a = 0; a < ARRAY_SIZE(param->aliases) && param->aliases[a]; a++) {
			if (strcmp(param->aliases[a], reader->seen.keys[i]) == 0)
				return param->aliases[a];
		}
		return param->name;
	}
	return NULL;
}

void reader_add_label(struct reader *reader, const char *name)
{
	if (!labels_add(reader->labels, name, reader->list))
		reader_fault_at(reader, "name", "is the name of another label, too");
}

void reader_add_jump(struct reader *reader, const char *name)
{
	struct jump *jump;

	reader_enter(reader, "label");
	reader->jumps = xrealloc(reader->jumps, (reader->jump_count + 1) * sizeof *reader->jumps);
	jump = &reader->jumps[reader->jump_count++];
	*jump = (struct jump){xstrdup(reader_pointer(reader)), xstrdup(name)};
	reader_leave(reader);
}

void reader_end_jumps(struct reader *reader)
{
	for (unsigned i = 0; i < reader->jump_count; i++) {
		struct jump *jump = &reader->jumps[i];
		const char *nearest = labels_nearest(reader->labels, jump->label);

		strbuf_reset(&reader->pointer);
		strbuf_adds(&reader->pointer, jump->pointer);
		if (!nearest)
			reader_fault(reader, "there is no label");
		else if (!labels_find(reader->labels, jump->label))
			reader_fault(
				reader, "there is no such label; the nearest is \"%s\"", nearest);
		free(jump->pointer);
		free(jump->label);
	}
	free(reader->jumps);
	reader->jumps = NULL;
	reader->jump_count = 0;
}
