#include "sip-caller/recorder.h"

#include <sndfile.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/ring.h"

#define DRAIN_EVERY_US (20 * USEC_PER_MSEC)
#define QUIET_POWER    (104.0 * 104.0) /* mean square of -50 dBFS in 16 bits */

struct recorder {
	struct ring *tap;
	SNDFILE *file;
	unsigned sample_rate;
	struct timer timer;
	uint64_t samples, loud_samples;
};

static void take(struct recorder *recorder, const struct media_pcm_block *block)
{
	double power = 0;

	for (unsigned i = 0; i < block->samples; i++)
		power += (double)block->pcm[i] * block->pcm[i];
	recorder->samples += block->samples;
	if (block->samples && power / block->samples > QUIET_POWER)
		recorder->loud_samples += block->samples;
	if (recorder->file)
		sf_write_short(recorder->file, block->pcm, block->samples);
}

static void drain(struct recorder *recorder)
{
	struct media_pcm_block block;

	while (ring_pop(recorder->tap, &block))
		take(recorder, &block);
}

static void on_timer(void *arg)
{
	struct recorder *recorder = arg;

	drain(recorder);
	timer_start(&recorder->timer, DRAIN_EVERY_US);
}

struct recorder *recorder_new(struct loop *loop, struct media_leg *leg, const char *path,
	unsigned sample_rate, char **ret_error)
{
	struct recorder *recorder = xcalloc(1, sizeof(*recorder));
	SF_INFO info = {.samplerate = (int)sample_rate,
		.channels = 1,
		.format = SF_FORMAT_WAV | SF_FORMAT_PCM_16};

	recorder->sample_rate = sample_rate;
	recorder->tap = media_leg_tap(leg);
	timer_init(&recorder->timer, loop, on_timer, recorder);
	if (path) {
		recorder->file = sf_open(path, SFM_WRITE, &info);
		if (!recorder->file) {
			*ret_error = xasprintf("%s: %s", path, sf_strerror(NULL));
			free(recorder);
			return NULL;
		}
		sf_command(recorder->file, SFC_SET_UPDATE_HEADER_AUTO, NULL, SF_TRUE);
	}
	timer_start(&recorder->timer, DRAIN_EVERY_US);
	return recorder;
}

struct recorder *recorder_free(struct recorder *recorder)
{
	if (!recorder)
		return NULL;
	timer_stop(&recorder->timer);
	if (recorder->file)
		sf_close(recorder->file);
	free(recorder);
	return NULL;
}

void recorder_report(struct recorder *recorder, struct recorder_report *ret_report)
{
	drain(recorder);
	ret_report->heard_s = (double)recorder->samples / recorder->sample_rate;
	ret_report->sound_s = (double)recorder->loud_samples / recorder->sample_rate;
}
