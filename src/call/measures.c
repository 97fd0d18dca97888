#include "call/measures.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"

const char *const measures_endings[MEASURES_ENDINGS] = {"completed", "busy", "cancelled", "failed",
	"rejected", "timeout", "unanswered", "machine", "other"};

/* A caller notices 100 ms; the Voice API gives up ringing after a minute. */
const uint64_t measures_setup_bounds[SETUP_BOUNDS] = {
	5000, 20000, 50000, 100000, 250000, 500000, 1000000, 2500000, 5000000, 15000000, 60000000};
/* The time limits of webhooks are among them: 1, 5 and 10 s. */
const uint64_t measures_webhook_bounds[WEBHOOK_BOUNDS] = {
	1000, 5000, 10000, 25000, 50000, 100000, 250000, 500000, 1000000, 5000000, 10000000};
const uint64_t measures_jitter_bounds[JITTER_BOUNDS] = {
	500, 1000, 2000, 5000, 10000, 20000, 40000, 100000};

struct measures *measures_new(void)
{
	return xcalloc(1, sizeof(struct measures));
}

struct measures *measures_free(struct measures *measures)
{
	if (!measures)
		return NULL;
	for (size_t i = 0; i < measures->count; i++)
		free(measures->rows[i].application);
	free(measures);
	return NULL;
}

static struct measures_row *find(struct measures *measures, const char *application)
{
	for (size_t i = 0; i < measures->count; i++)
		if (strcmp(measures->rows[i].application, application) == 0)
			return &measures->rows[i];
	return NULL;
}

struct measures_row *measures_of(struct measures *measures, const char *application)
{
	struct measures_row *row = find(measures, application ? application : "");

	if (row)
		return row;
	if (measures->count == MEASURES_ROWS)
		return &measures->rows[MEASURES_ROWS - 1];
	row = &measures->rows[measures->count++];
	if (measures->count == MEASURES_ROWS)
		application = MEASURES_OTHERS;
	row->application = xstrdup(application ? application : "");
	return row;
}

void measures_answered(struct measures *measures, const char *application, uint64_t us)
{
	histogram_add(&measures_of(measures, application)->setup, measures_setup_bounds,
		SETUP_BOUNDS, us);
}

static size_t ending(const char *status)
{
	size_t i = 0;

	while (i + 1 < MEASURES_ENDINGS && strcmp(measures_endings[i], status) != 0)
		i++;
	return i;
}

void measures_ended(struct measures *measures, const char *application, bool outbound,
	const char *status, const struct media_stats *media)
{
	struct measures_row *row = measures_of(measures, application);

	row->ended[outbound][ending(status)]++;
	row->sent += media->tx_packets;
	row->received += media->rx_packets;
	row->lost += media->rx_lost;
	row->late += media->tx_lost;
	row->dropped += media->rx_dropped_source + media->rx_dropped_other;
	if (media->rx_packets)
		histogram_add(&row->jitter, measures_jitter_bounds, JITTER_BOUNDS,
			(uint64_t)(media->jitter_ms * USEC_PER_MSEC));
}

void measures_webhook(
	struct measures *measures, const char *application, const struct http_response *response)
{
	bool good = response->outcome == HTTP_ANSWERED && response->status >= 200 &&
		    response->status < 300;
	struct measures_row *row;

	if (!measures)
		return;
	row = measures_of(measures, application);
	histogram_add(
		&row->webhook, measures_webhook_bounds, WEBHOOK_BOUNDS, response->duration_us);
	row->webhooks_failed += !good;
}
