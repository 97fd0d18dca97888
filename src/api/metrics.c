/* /metrics, for Prometheus (text format 0.0.4). */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "api/api_private.h"
#include "api/metrics.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "loop/lag.h"
#include "loop/worker.h"
#include "store/store.h"

/* --- what the API itself counts --- */

struct api_metrics {
	struct loop_lag *lag;
	uint64_t statuses[500]; /* from 100 on */
	uint64_t answers, sum_us;
	uint64_t buckets[6];
};

static const uint64_t answer_bounds[] = {1000, 5000, 20000, 100000, 500000, 2000000}; /* us */

struct api_metrics *api_metrics_new(struct loop *loop)
{
	struct api_metrics *m = xcalloc(1, sizeof(*m));

	m->lag = loop_lag_new(loop);
	return m;
}

struct api_metrics *api_metrics_free(struct api_metrics *m)
{
	if (m)
		loop_lag_free(m->lag);
	free(m);
	return NULL;
}

void api_metrics_answered(struct api_metrics *m, int status, uint64_t us)
{
	if (status >= 100 && status < 600)
		m->statuses[status - 100]++;
	m->answers++;
	m->sum_us += us;
	for (size_t i = 0; i < ARRAY_SIZE(answer_bounds); i++) {
		if (us <= answer_bounds[i]) {
			m->buckets[i]++;
			break;
		}
	}
}

/* --- writing --- */

void metrics_head(struct strbuf *out, const char *name, const char *type, const char *help)
{
	strbuf_addf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

void metrics_one(
	struct strbuf *out, const char *name, const char *type, const char *help, uint64_t value)
{
	metrics_head(out, name, type, help);
	strbuf_addf(out, "%s %" PRIu64 "\n", name, value);
}

void metrics_label(struct strbuf *out, const char *name, const char *value)
{
	strbuf_addf(out, "%s=\"", name);
	for (; *value; value++) {
		if (*value == '\n')
			strbuf_adds(out, "\\n");
		else if (*value == '"' || *value == '\\')
			strbuf_addf(out, "\\%c", *value);
		else
			strbuf_add(out, value, 1);
	}
	strbuf_adds(out, "\"");
}

static void add_sample(struct strbuf *out, const char *name, const char *suffix, const char *label)
{
	strbuf_addf(out, *label ? "%s_%s{%s} " : "%s_%s%s ", name, suffix, label);
}

void metrics_histogram(struct strbuf *out, const char *name, const char *label,
	const uint64_t *bounds, const uint64_t *buckets, size_t n, uint64_t count, uint64_t sum_us)
{
	const char *comma = *label ? "," : "";
	uint64_t below = 0;

	for (size_t i = 0; i < n; i++) {
		below += buckets[i];
		strbuf_addf(out, "%s_bucket{%s%sle=\"%g\"} %" PRIu64 "\n", name, label, comma,
			(double)bounds[i] / USEC_PER_SEC, below);
	}
	strbuf_addf(out, "%s_bucket{%s%sle=\"+Inf\"} %" PRIu64 "\n", name, label, comma, count);
	add_sample(out, name, "sum", label);
	strbuf_addf(out, "%.6f\n", (double)sum_us / USEC_PER_SEC);
	add_sample(out, name, "count", label);
	strbuf_addf(out, "%" PRIu64 "\n", count);
}

static void add_process(struct strbuf *out, const struct api *api)
{
	metrics_head(out, "nccod_build_info", "gauge", "The version that runs");
	strbuf_adds(out, "nccod_build_info{version=\"" PACKAGE_VERSION "\"} 1\n");
	metrics_one(out, "nccod_uptime_seconds", "gauge", "Since the start",
		(clock_mono() - api->started) / USEC_PER_SEC);
}

static void add_calls(struct strbuf *out, const struct api *api)
{
	struct server_counts counts;

	server_counts(api->server, &counts);
	metrics_one(out, "nccod_calls_active", "gauge", "Calls now", counts.active);
	metrics_one(out, "nccod_calls_total", "counter", "Calls since the start", counts.total);
	metrics_one(out, "nccod_calls_failed_total", "counter",
		"Calls that ended without an answer", counts.failed);
	metrics_one(out, "nccod_worker_waiting", "gauge", "Jobs that no worker has begun",
		worker_backlog(server_workers(api->server)));
	metrics_one(out, "nccod_webhook_lines", "gauge",
		"Calls, past ones too, with webhooks to deliver", counts.webhook_lines);
	metrics_one(out, "nccod_webhook_waiting", "gauge", "Events that wait for those before them",
		counts.webhooks_waiting);
}

static void add_loop(struct strbuf *out, const struct api *api)
{
	struct loop_lag_counts lag;

	loop_lag_read(api->metrics->lag, &lag);
	metrics_head(out, "nccod_loop_lag_seconds", "histogram",
		"How late the core thread comes to its timers");
	metrics_histogram(out, "nccod_loop_lag_seconds", "", loop_lag_bounds, lag.buckets,
		LAG_BUCKETS, lag.count, lag.sum_us);
	metrics_one(out, "nccod_loop_stalls_total", "counter",
		"Turns of the core thread that took 100 ms or more", lag.stalls);
}

static void add_http(struct strbuf *out, const struct api *api)
{
	const struct api_metrics *m = api->metrics;
	struct http_server_counts http;

	http_server_counts(api->http, &http);
	metrics_one(
		out, "nccod_http_connections", "gauge", "Connections to us now", http.connections);
	metrics_one(
		out, "nccod_http_accepted_total", "counter", "Connections taken", http.accepted);
	metrics_one(out, "nccod_http_refused_total", "counter", "Connections there was no room for",
		http.refused);
	metrics_one(out, "nccod_http_evicted_total", "counter",
		"Connections that made room for others", http.evicted);
	metrics_one(out, "nccod_http_slow_total", "counter", "Requests that did not come in time",
		http.slow);
	metrics_one(out, "nccod_http_malformed_total", "counter", "Requests that were none",
		http.malformed);
	metrics_head(out, "nccod_http_answers_total", "counter", "Requests answered, by status");
	for (int i = 0; i < 500; i++)
		if (m->statuses[i])
			strbuf_addf(out, "nccod_http_answers_total{status=\"%d\"} %" PRIu64 "\n",
				i + 100, m->statuses[i]);
	metrics_head(out, "nccod_http_answer_seconds", "histogram",
		"From the head of a request to its answer");
	metrics_histogram(out, "nccod_http_answer_seconds", "", answer_bounds, m->buckets,
		ARRAY_SIZE(answer_bounds), m->answers, m->sum_us);
}

static void add_store(struct strbuf *out, const struct api *api)
{
	struct store_counts store;

	store_counts(server_store(api->server), &store);
	metrics_one(out, "nccod_store_waiting", "gauge", "Rows that are not on disk yet",
		store.waiting);
	metrics_one(out, "nccod_store_written_total", "counter", "Rows written", store.written);
	metrics_one(out, "nccod_store_refused_total", "counter", "Rows there was no room for",
		store.refused);
	metrics_one(out, "nccod_store_failures_total", "counter", "Commits that failed",
		store.failures);
}

void api_get_metrics(void *arg, struct http_exchange *exchange, const char *id)
{
	const struct api *api = arg;
	struct strbuf out = STRBUF_INIT;

	(void)id;
	add_process(&out, api);
	add_calls(&out, api);
	metrics_add_applications(&out, api->server);
	add_loop(&out, api);
	add_http(&out, api);
	add_store(&out, api);
	http_reply_text(
		exchange, 200, "text/plain; version=0.0.4; charset=utf-8", out.data, out.length);
	strbuf_release(&out);
}
