#include "media/ear.h"

#include <speex/speex_resampler.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/clock.h"
#include "base/mem.h"
#include "media/leg.h"

/* Times are in 1/48000 s, as on the tape. */
#define PER_MS	  (TAPE_RATE / 1000)
#define FRAME	  (EAR_FRAME_MS * PER_MS)
#define HOLD	  (60 * PER_MS) /* how long a frame waits for what is late */
#define EARLY	  (60 * PER_MS) /* of a stream: it is moved to now */
#define WINDOW	  (500 * PER_MS)
#define TICK_US	  (EAR_FRAME_MS * USEC_PER_MSEC)
#define FRAME_MAX (EAR_FRAME_MS * 48)
#define QUALITY	  SPEEX_RESAMPLER_QUALITY_VOIP

/* The ears of an engine share one timer. */
struct ear_clock {
	struct loop *loop;
	struct timer timer;
	LIST_HEAD(ear_list, media_ear) ears;
	bool ticking;
};

/* One direction. Packets that come after a hole may fill it yet: `filled` waits before it, the
 * run after it is noted. */
struct track {
	unsigned rate; /* of the window, 0: nothing has come yet */
	int16_t *window;
	SpeexResamplerState *resampler; /* NULL: the rates are equal */
	int64_t shift;			/* from the tape's place to ours */
	uint64_t filled, run_from, run_until;
	unsigned late; /* came too late, one after the other */
};

struct media_ear {
	LIST_ENTRY(media_ear) link;
	struct ear_clock *clock;
	struct media_leg *leg;
	struct media_tape *tape;
	unsigned rate;
	media_ear_fn on_frame; /* NULL: freed */
	void *arg;
	bool released;	       /* the media thread has let the tape go */
	uint64_t now, written; /* how far the tape's time has come, and what was handed on */
	struct track track[TAPE_TRACKS];
};

static void track_set_rate(struct track *track, unsigned from, unsigned to)
{
	int error;

	free(track->window);
	if (track->resampler)
		speex_resampler_destroy(track->resampler);
	track->rate = from;
	track->window = xcalloc(WINDOW / (TAPE_RATE / from), sizeof(*track->window));
	track->resampler = from == to ? NULL : speex_resampler_init(1, from, to, QUALITY, &error);
}

static void track_release(struct track *track)
{
	free(track->window);
	if (track->resampler)
		speex_resampler_destroy(track->resampler);
}

/* Where a block lies for us. The other side's clock is not ours: a stream that has come to be
 * too early or late for good is moved. */
static uint64_t find_place(
	struct media_ear *ear, struct track *track, const struct tape_block *block, uint64_t length)
{
	int64_t at = (int64_t)block->at + track->shift;

	if (!block->placed)
		return block->at;
	if (at > (int64_t)(ear->now + EARLY)) {
		at = (int64_t)ear->now;
	} else if (at + (int64_t)length > (int64_t)ear->written) {
		track->late = 0;
	} else {
		track->late += (unsigned)length;
		if (track->late >= HOLD)
			at = (int64_t)(ear->written + FRAME);
	}
	track->shift = at - (int64_t)block->at;
	return at < 0 ? 0 : (uint64_t)at;
}

static void note_filled(struct track *track, uint64_t from, uint64_t until)
{
	if (from > track->filled) {
		if (from != track->run_until)
			track->run_from = from;
		track->run_until = until;
		return;
	}
	if (until > track->filled)
		track->filled = until;
	if (track->run_from <= track->filled && track->run_until > track->filled)
		track->filled = track->run_until;
}

/* What lies before `written` has been handed on. */
static void put(const struct media_ear *ear, struct track *track, uint64_t at, const int16_t *pcm,
	size_t samples)
{
	unsigned per_sample = TAPE_RATE / track->rate;
	size_t size = WINDOW / per_sample, into, first;
	uint64_t late = at < ear->written ? (ear->written - at) / per_sample : 0;

	if (late >= samples || at + samples * per_sample > ear->written + WINDOW)
		return;
	into = (at / per_sample + late) % size;
	samples -= late;
	first = samples < size - into ? samples : size - into;
	memcpy(track->window + into, pcm + late, first * sizeof(*pcm));
	memcpy(track->window, pcm + late + first, (samples - first) * sizeof(*pcm));
}

static void place(struct media_ear *ear, const struct tape_block *block)
{
	struct track *track = &ear->track[block->track];
	int16_t pcm[TAPE_BLOCK_BYTES];
	uint64_t at = block->at, length = 0;
	size_t samples = 0;

	if (block->bytes > 0) {
		if (track->rate != block->codec->sample_rate)
			track_set_rate(track, block->codec->sample_rate, ear->rate);
		samples = block->codec->decode(block->data, block->bytes, pcm);
		length = samples * (TAPE_RATE / track->rate);
		at = find_place(ear, track, block, length);
		put(ear, track, at, pcm, samples);
	}
	if (block->track == TAPE_SENT && (!block->placed || block->bytes == 0) &&
		at + length > ear->now)
		ear->now = at + length;
	if (block->bytes > 0 || !block->placed)
		note_filled(track, block->bytes ? at : track->filled, at + length);
}

static bool is_due(const struct media_ear *ear)
{
	uint64_t end = ear->written + FRAME;

	if (ear->now < end)
		return false;
	return ear->now >= end + HOLD ||
	       (ear->track[TAPE_HEARD].filled >= end && ear->track[TAPE_SENT].filled >= end);
}

/* 20 ms out of the window, whose places become silence, at the ear's rate. */
static void take(const struct media_ear *ear, struct track *track, int16_t *out)
{
	spx_uint32_t samples = EAR_FRAME_MS * track->rate / 1000;
	spx_uint32_t wanted = EAR_FRAME_MS * ear->rate / 1000, got = wanted;
	int16_t frame[FRAME_MAX], *from;

	memset(out, 0, wanted * sizeof(*out));
	if (track->rate == 0)
		return;
	/* The window holds a whole number of frames, and frames are taken in step. */
	from = track->window + ear->written % WINDOW / (TAPE_RATE / track->rate);
	memcpy(frame, from, samples * sizeof(*frame));
	memset(from, 0, samples * sizeof(*from));
	if (track->resampler)
		speex_resampler_process_int(track->resampler, 0, frame, &samples, out, &got);
	else
		memcpy(out, frame, samples * sizeof(*out));
}

static void hand_on(struct media_ear *ear)
{
	int16_t heard[FRAME_MAX], sent[FRAME_MAX];

	take(ear, &ear->track[TAPE_HEARD], heard);
	take(ear, &ear->track[TAPE_SENT], sent);
	ear->written += FRAME;
	for (int i = 0; i < TAPE_TRACKS; i++)
		if (ear->track[i].filled < ear->written)
			note_filled(&ear->track[i], ear->track[i].filled, ear->written);
	ear->on_frame(ear->arg, heard, sent, EAR_FRAME_MS * ear->rate / 1000);
}

static void drain(struct media_ear *ear)
{
	struct tape_block block;

	while (ear->on_frame && media_tape_pop(ear->tape, &block)) {
		place(ear, &block);
		while (ear->on_frame && is_due(ear))
			hand_on(ear);
	}
}

static void ear_destroy(struct media_ear *ear)
{
	for (int i = 0; i < TAPE_TRACKS; i++)
		track_release(&ear->track[i]);
	media_tape_free(ear->tape);
	LIST_REMOVE(ear, link);
	free(ear);
}

/* Ears may be freed by what is called here, so those that are over go at the end. */
static void on_tick(void *arg)
{
	struct ear_clock *clock = arg;
	struct media_ear *ear, *next;

	clock->ticking = true;
	LIST_FOREACH (ear, &clock->ears, link)
		drain(ear);
	clock->ticking = false;
	for (ear = LIST_FIRST(&clock->ears); ear; ear = next) {
		next = LIST_NEXT(ear, link);
		if (ear->released && !ear->on_frame)
			ear_destroy(ear);
	}
	if (!LIST_EMPTY(&clock->ears))
		timer_start(&clock->timer, TICK_US);
}

/* Comes with the media thread's mail, so never within on_tick(). */
static void on_released(void *arg)
{
	struct media_ear *ear = arg;

	ear->released = true;
	if (!ear->on_frame)
		ear_destroy(ear);
}

static struct ear_clock *clock_of(struct media_leg *leg, struct loop *loop)
{
	struct ear_clock **clock = media_engine_ears(leg->engine);

	if (!*clock) {
		*clock = xcalloc(1, sizeof(**clock));
		(*clock)->loop = loop;
		LIST_INIT(&(*clock)->ears);
		timer_init(&(*clock)->timer, loop, on_tick, *clock);
	}
	return *clock;
}

struct media_ear *media_ear_new(
	struct loop *loop, struct media_leg *leg, unsigned rate, media_ear_fn on_frame, void *arg)
{
	struct media_ear *ear = xcalloc(1, sizeof(*ear));

	ear->clock = clock_of(leg, loop);
	ear->leg = leg;
	ear->rate = rate;
	ear->on_frame = on_frame;
	ear->arg = arg;
	ear->tape = media_tape_new();
	LIST_INSERT_HEAD(&ear->clock->ears, ear, link);
	if (!timer_running(&ear->clock->timer))
		timer_start(&ear->clock->timer, TICK_US);
	media_leg_tape(leg, ear->tape, on_released, ear);
	return ear;
}

struct media_ear *media_ear_free(struct media_ear *ear)
{
	if (!ear)
		return NULL;
	ear->on_frame = NULL;
	if (ear->released && !ear->clock->ticking)
		ear_destroy(ear);
	else if (!ear->released && !ear->leg->freed)
		media_leg_untape(ear->leg, ear->tape);
	return NULL;
}

struct ear_clock *ear_clock_free(struct ear_clock *clock)
{
	if (clock)
		timer_stop(&clock->timer);
	free(clock);
	return NULL;
}
