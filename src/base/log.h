/* log.h - structured log lines on stderr. Any thread but the media threads' packet path.
 *
 * One line is one record in logfmt, always one line whatever the values hold:
 *
 *   ts=2026-11-21T06:10:00.123Z level=info call=UUID msg="answered"
 *
 * `call` is the id of the call that the line belongs to, NULL when there is none. The
 * message is formatted, then quoted and escaped, so a peer cannot forge lines. A function
 * logs an error or returns it, never both. Secrets are never logged. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/* The initial level is info. */
void log_set_level(enum log_level level);
bool log_enabled(enum log_level level);

/* "error" "warn" "info" "debug" -> level; -EINVAL for anything else. */
int log_level_parse(const char *name, enum log_level *ret_level);

/* Where lines go: NULL is stderr. Tests set a buffer-filling function. */
void log_set_sink(void (*sink)(const char *line, void *arg), void *arg);

void log_write(enum log_level level, const char *call, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#define log_error(call, ...) log_write(LOG_LEVEL_ERROR, call, __VA_ARGS__)
#define log_warn(call, ...)  log_write(LOG_LEVEL_WARN, call, __VA_ARGS__)
#define log_info(call, ...)  log_write(LOG_LEVEL_INFO, call, __VA_ARGS__)
#define log_debug(call, ...)                                           \
	do {                                                           \
		if (log_enabled(LOG_LEVEL_DEBUG))                      \
			log_write(LOG_LEVEL_DEBUG, call, __VA_ARGS__); \
	} while (0)

#endif
