/* The part of /metrics about calls, their webhooks and their media, for each application. */
#include <inttypes.h>
#include <stddef.h>

#include "api/metrics.h"
#include "base/mem.h"
#include "call/measures.h"
#include "call/server.h"

static const char *const directions[] = {"inbound", "outbound"};

static const struct {
	const char *name, *help;
	size_t offset;
} counter_families[] = {
	{"nccod_webhook_failures_total", "Tries of webhooks that were not answered with 2xx",
		offsetof(struct measures_row, webhooks_failed)},
	{"nccod_media_sent_packets_total", "RTP packets sent in calls that are over",
		offsetof(struct measures_row, sent)},
	{"nccod_media_received_packets_total", "RTP packets received in calls that are over",
		offsetof(struct measures_row, received)},
	{"nccod_media_lost_packets_total", "RTP packets that never came, in calls that are over",
		offsetof(struct measures_row, lost)},
	{"nccod_media_late_frames_total",
		"Frames of WebSockets that were not fetched in time, in calls that are over",
		offsetof(struct measures_row, late)},
	{"nccod_media_dropped_packets_total",
		"Packets from elsewhere, or that were no RTP of the call, in calls that are over",
		offsetof(struct measures_row, dropped)},
};

static const struct {
	const char *name, *help;
	const uint64_t *bounds;
	size_t n, offset;
} histogram_families[] = {
	{"nccod_call_setup_seconds", "From a call's first message to its answer",
		measures_setup_bounds, SETUP_BOUNDS, offsetof(struct measures_row, setup)},
	{"nccod_webhook_seconds", "From a webhook's request to its answer, or to its failure",
		measures_webhook_bounds, WEBHOOK_BOUNDS, offsetof(struct measures_row, webhook)},
	{"nccod_media_jitter_seconds", "Jitter of what a call received, at its end (RFC 3550)",
		measures_jitter_bounds, JITTER_BOUNDS, offsetof(struct measures_row, jitter)},
};

static void add_label(struct strbuf *out, const struct measures_row *row)
{
	metrics_label(out, "application", row->application);
}

static void add_active(struct strbuf *out, const struct measures *measures)
{
	metrics_head(out, "nccod_application_calls_active", "gauge", "Calls now, by application");
	for (size_t i = 0; i < measures->count; i++) {
		for (int d = 0; d < 2; d++) {
			strbuf_adds(out, "nccod_application_calls_active{");
			add_label(out, &measures->rows[i]);
			strbuf_addf(out, ",direction=\"%s\"} %u\n", directions[d],
				measures->rows[i].active[d]);
		}
	}
}

static void add_endings(struct strbuf *out, const struct measures_row *row)
{
	for (int d = 0; d < 2; d++) {
		for (size_t i = 0; i < MEASURES_ENDINGS; i++) {
			if (!row->ended[d][i])
				continue;
			strbuf_adds(out, "nccod_calls_ended_total{");
			add_label(out, row);
			strbuf_addf(out, ",direction=\"%s\",status=\"%s\"} %" PRIu64 "\n",
				directions[d], measures_endings[i], row->ended[d][i]);
		}
	}
}

static void add_ended(struct strbuf *out, const struct measures *measures)
{
	metrics_head(out, "nccod_calls_ended_total", "counter", "Calls that are over, by how");
	for (size_t i = 0; i < measures->count; i++)
		add_endings(out, &measures->rows[i]);
}

static void add_counters(struct strbuf *out, const struct measures *measures, size_t family)
{
	const char *name = counter_families[family].name;

	metrics_head(out, name, "counter", counter_families[family].help);
	for (size_t i = 0; i < measures->count; i++) {
		const struct measures_row *row = &measures->rows[i];
		const void *value = (const char *)row + counter_families[family].offset;

		strbuf_addf(out, "%s{", name);
		add_label(out, row);
		strbuf_addf(out, "} %" PRIu64 "\n", *(const uint64_t *)value);
	}
}

static void add_histograms(struct strbuf *out, const struct measures *measures, size_t family)
{
	const char *name = histogram_families[family].name;

	metrics_head(out, name, "histogram", histogram_families[family].help);
	for (size_t i = 0; i < measures->count; i++) {
		const struct measures_row *row = &measures->rows[i];
		const void *at = (const char *)row + histogram_families[family].offset;
		const struct histogram *h = at;
		struct strbuf label = STRBUF_INIT;

		add_label(&label, row);
		metrics_histogram(out, name, label.data, histogram_families[family].bounds,
			h->buckets, histogram_families[family].n, h->count, h->sum);
		strbuf_release(&label);
	}
}

void metrics_add_applications(struct strbuf *out, struct server *server)
{
	const struct measures *measures = server_measures(server);

	add_active(out, measures);
	add_ended(out, measures);
	for (size_t i = 0; i < ARRAY_SIZE(histogram_families); i++)
		add_histograms(out, measures, i);
	for (size_t i = 0; i < ARRAY_SIZE(counter_families); i++)
		add_counters(out, measures, i);
	metrics_one(out, "nccod_queue_callers", "gauge", "Callers that wait in queues",
		server_callers_waiting(server));
}
