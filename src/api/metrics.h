/* metrics.h - writing numbers for Prometheus (text format 0.0.4). Pure.
 *
 * A family begins with its head; its samples follow it and nothing else comes between them. */
#ifndef API_METRICS_H
#define API_METRICS_H

#include <stdint.h>

#include "base/strbuf.h"

struct server;

void metrics_head(struct strbuf *out, const char *name, const char *type, const char *help);
/* A family of one sample. */
void metrics_one(
	struct strbuf *out, const char *name, const char *type, const char *help, uint64_t value);
/* One histogram of a family: buckets that hold what those before do not, bounds and sum in us.
 * label as metrics_label() has written it, or "". */
void metrics_histogram(struct strbuf *out, const char *name, const char *label,
	const uint64_t *bounds, const uint64_t *buckets, size_t n, uint64_t count, uint64_t sum_us);
/* name="value", the value escaped. */
void metrics_label(struct strbuf *out, const char *name, const char *value);

/* metrics_call.c: what is counted for each application. */
void metrics_add_applications(struct strbuf *out, struct server *server);

#endif
