#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"

#define LINE_MAX_BYTES 4096 /* a longer message is cut, with an ellipsis */

static const char *const level_names[] = {"error", "warn", "info", "debug"};
static enum log_level current_level = LOG_LEVEL_INFO;
static void (*line_sink)(const char *line, void *arg);
static void *line_sink_arg;

void log_set_level(enum log_level level)
{
	current_level = level;
}

bool log_enabled(enum log_level level)
{
	return level <= current_level;
}

int log_level_parse(const char *name, enum log_level *ret_level)
{
	for (size_t i = 0; i < ARRAY_SIZE(level_names); i++) {
		if (strcmp(name, level_names[i]) == 0) {
			*ret_level = (enum log_level)i;
			return 0;
		}
	}
	return -EINVAL;
}

void log_set_sink(void (*sink)(const char *line, void *arg), void *arg)
{
	line_sink = sink;
	line_sink_arg = arg;
}

/* Appends text to line[*used], escaped so that it stays inside its quotes and its line. */
static void append_escaped(char *line, size_t *used, const char *text)
{
	const size_t limit = LINE_MAX_BYTES - 16;

	for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
		if (*used >= limit) {
			*used += (size_t)sprintf(line + *used, "...");
			return;
		}
		if (*p == '"' || *p == '\\')
			*used += (size_t)sprintf(line + *used, "\\%c", *p);
		else if (*p == '\n')
			*used += (size_t)sprintf(line + *used, "\\n");
		else if (*p == '\r')
			*used += (size_t)sprintf(line + *used, "\\r");
		else if (*p < 0x20 || *p == 0x7f)
			*used += (size_t)sprintf(line + *used, "\\x%02x", *p);
		else
			line[(*used)++] = (char)*p;
	}
}

void log_write(enum log_level level, const char *call, const char *format, ...)
{
	char message[LINE_MAX_BYTES], line[LINE_MAX_BYTES + 16], iso[CLOCK_ISO_SIZE];
	va_list args;
	size_t used;

	if (!log_enabled(level))
		return;
	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	used = (size_t)sprintf(
		line, "ts=%s level=%s", clock_iso(clock_wall(), iso), level_names[level]);
	if (call)
		used += (size_t)sprintf(line + used, " call=%.64s", call);
	used += (size_t)sprintf(line + used, " msg=\"");
	append_escaped(line, &used, message);
	line[used++] = '"';
	line[used] = '\0';
	if (line_sink) {
		line_sink(line, line_sink_arg);
		return;
	}
	line[used++] = '\n';
	/* One write per line keeps lines of several threads whole; a failure has no place to go. */
	if (write(STDERR_FILENO, line, used) < 0)
		return;
}
