#include "media/recorder.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "media/mailbox.h"
#include "media/pcm.h"
#include "media/recorder_track.h"
#include "media/upsample.h"

#define HOLD  (RECORDER_HOLD_MS * TRACK_PER_MS)
#define EARLY (250 * TRACK_PER_MS) /* what may lie ahead of a tape's time, and a block */
#define WIDER (SOUND_FILE_RATE / TRACK_RATE)

/* To the worker: a track that is new, or a tape whose track is over. */
struct notice {
	struct mail mail; /* first */
	struct track *track;
	struct media_tape *ended;
};

struct recorder {
	struct recorder_config config;
	char *path;
	struct mailbox notices;
	struct track *tracks;
	struct sound_file *file;
	bool closed;
	bool wide; /* what was heard so far is of more than TRACK_RATE */
	int error;
	uint64_t size;
	uint64_t began;		    /* us: the beginning of the first tape; 0: there was none */
	uint64_t now;		    /* how far time has come on the tapes, as in recorder_track.h */
	uint64_t written;	    /* that is in the file */
	uint64_t voice;		    /* where somebody was last heard */
	uint32_t lost, lost_before; /* before: on tapes that are over */
	struct upsample **upsample; /* by channel, NULL: it has nothing to be doubled */
	int16_t *out;		    /* a chunk of all channels */
};

struct recorder *recorder_new(const struct recorder_config *config, struct media_tape *tape)
{
	struct recorder *r = xcalloc(1, sizeof(*r));

	r->config = *config;
	r->path = xstrdup(config->path);
	r->upsample = xcalloc(config->channels, sizeof(*r->upsample));
	r->out = xcalloc((size_t)WIDER * TRACK_CHUNK * config->channels, sizeof(*r->out));
	if (tape)
		r->tracks = track_new(tape, 0, config->channels > 1);
	return r;
}

static void take_notices(struct recorder *r);

struct recorder *recorder_free(struct recorder *r)
{
	struct track *next;

	if (!r)
		return NULL;
	take_notices(r);
	for (; r->tracks; r->tracks = next) {
		next = r->tracks->next;
		track_free(r->tracks);
	}
	for (unsigned i = 0; i < r->config.channels; i++)
		free(r->upsample[i]);
	free(r->upsample);
	free(r->out);
	free(r->path);
	free(r);
	return NULL;
}

/* --- tapes that come and go --- */

static int channel_of(const struct recorder *r, int channel)
{
	return channel < (int)r->config.channels ? channel : (int)r->config.channels - 1;
}

static void post(struct recorder *r, struct notice notice)
{
	struct notice *mail = xmalloc(sizeof(*mail));

	*mail = notice;
	mailbox_post(&r->notices, &mail->mail);
}

void recorder_add(struct recorder *r, struct media_tape *tape, int heard_channel, int sent_channel,
	uint64_t paused_us)
{
	struct track *track =
		track_new(tape, channel_of(r, heard_channel), channel_of(r, sent_channel));

	track->owned = true;
	track->paused_us = paused_us;
	post(r, (struct notice){.track = track});
}

void recorder_end(struct recorder *r, struct media_tape *tape)
{
	post(r, (struct notice){.ended = tape});
}

static void take_notices(struct recorder *r)
{
	struct mail *mail = mailbox_take(&r->notices);

	while (mail) {
		struct notice *notice = (struct notice *)mail;

		mail = mail->next;
		if (notice->track) {
			notice->track->next = r->tracks;
			r->tracks = notice->track;
		}
		for (struct track *t = r->tracks; t && notice->ended; t = t->next)
			t->ended |= t->tape == notice->ended;
		free(notice);
	}
}

/* Where a tape began, us, pauses of the recording left out; 0: it has not. */
static uint64_t began(const struct track *track)
{
	uint64_t at = media_tape_began(track->tape);

	return at ? at - track->paused_us : 0;
}

static uint64_t first_began(const struct recorder *r)
{
	uint64_t first = UINT64_MAX;

	for (const struct track *track = r->tracks; track; track = track->next)
		if (began(track) && began(track) < first)
			first = began(track);
	return first;
}

/* A tape has a place once it has begun. The first of them is where the recording begins. */
static bool find_place(struct recorder *r, struct track *track)
{
	uint64_t at = track->placed ? 0 : began(track);

	if (at == 0)
		return track->placed;
	if (r->began == 0)
		r->began = first_began(r);
	track->placed = true;
	track->offset = (int64_t)(at - r->began) * TRACK_PER_MS / 1000;
	return true;
}

static void remove_ended(struct recorder *r)
{
	struct track **at = &r->tracks, *track;

	while ((track = *at)) {
		/* Its windows are empty when all that it had is written. */
		if (!track->ended || track->now + EARLY > r->written) {
			at = &track->next;
			continue;
		}
		*at = track->next;
		r->lost_before += media_tape_lost(track->tape);
		track_free(track);
	}
}

/* --- the file --- */

static void fail(struct recorder *r, int error)
{
	if (error < 0 && r->error == 0)
		r->error = error;
}

static struct upsample *upsample_of(struct recorder *r, unsigned channel)
{
	if (!r->upsample[channel]) {
		r->upsample[channel] = xmalloc(sizeof(*r->upsample[channel]));
		upsample_init(r->upsample[channel]);
	}
	return r->upsample[channel];
}

/* What sides of one kind have for a channel, added up. False: nothing. */
static bool mix_sides(struct recorder *r, unsigned channel, bool wide, size_t samples,
	int16_t *into, size_t length)
{
	int16_t more[WIDER * TRACK_CHUNK];
	bool any = false;

	for (struct track *track = r->tracks; track; track = track->next) {
		for (int i = 0; i < TAPE_TRACKS; i++) {
			struct track_side *side = &track->side[i];

			if (side->channel != (int)channel || track_is_empty(side) ||
				track_is_wide(side) != wide)
				continue;
			track_take(side, r->written, samples, any ? more : into);
			if (any)
				pcm_mix(into, more, length);
			any = true;
		}
	}
	if (!any)
		memset(into, 0, length * sizeof(*into));
	return any;
}

static void write_channel(struct recorder *r, unsigned channel, size_t samples)
{
	int16_t narrow[TRACK_CHUNK], wide[WIDER * TRACK_CHUNK], doubled[WIDER * TRACK_CHUNK];
	unsigned channels = r->config.channels;

	mix_sides(r, channel, false, samples, narrow, samples);
	if (!mix_sides(r, channel, true, samples, wide, WIDER * samples)) {
		upsample_run(upsample_of(r, channel), narrow, samples, r->out + channel, channels);
		return;
	}
	upsample_run(upsample_of(r, channel), narrow, samples, doubled, 1);
	pcm_mix(wide, doubled, WIDER * samples);
	for (size_t i = 0; i < WIDER * samples; i++)
		r->out[i * channels + channel] = wide[i];
}

static bool is_used(const struct recorder *r, unsigned channel)
{
	for (const struct track *track = r->tracks; track; track = track->next)
		if (track->side[TAPE_HEARD].channel == (int)channel ||
			track->side[TAPE_SENT].channel == (int)channel)
			return true;
	return r->upsample[channel];
}

/* Once it was wide it stays so: what changes all the time cannot be heard, but its changes can. */
static bool is_narrow(struct recorder *r)
{
	if (!r->config.format->write_narrow)
		return false;
	for (const struct track *track = r->tracks; track; track = track->next)
		for (int i = 0; i < TAPE_TRACKS; i++)
			r->wide = r->wide || track_is_wide(&track->side[i]);
	return !r->wide;
}

static void write_narrow_chunk(struct recorder *r, size_t samples)
{
	unsigned channels = r->config.channels;
	int16_t narrow[TRACK_CHUNK];

	for (unsigned channel = 0; channel < channels; channel++) {
		mix_sides(r, channel, false, samples, narrow, samples);
		for (size_t i = 0; i < samples; i++)
			r->out[i * channels + channel] = narrow[i];
	}
	r->written += samples;
	if (r->file && !r->error)
		fail(r, sound_file_write_narrow(r->file, r->out, samples));
}

static void write_chunk(struct recorder *r, size_t samples)
{
	if (is_narrow(r)) {
		write_narrow_chunk(r, samples);
		return;
	}
	for (unsigned channel = 0; channel < r->config.channels; channel++)
		if (is_used(r, channel))
			write_channel(r, channel, samples);
	r->written += samples;
	if (r->file && !r->error)
		fail(r, sound_file_write(r->file, r->out, WIDER * samples));
}

static void write_until(struct recorder *r, uint64_t end)
{
	while (r->written < end)
		write_chunk(r,
			end - r->written < TRACK_CHUNK ? (size_t)(end - r->written) : TRACK_CHUNK);
}

static void open_file(struct recorder *r)
{
	if (!r->file && !r->closed && !r->error)
		fail(r, sound_file_open(r->path, r->config.format, r->config.channels, &r->file));
}

static void close_file(struct recorder *r)
{
	if (r->file)
		fail(r, sound_file_close(r->file, &r->size));
	r->file = NULL;
	r->closed = true;
}

/* --- draining --- */

/* Reads all tapes as far as there is room ahead of what is written. False: there is more. */
static bool read_tapes(struct recorder *r)
{
	bool all = true;

	for (struct track *track = r->tracks; track; track = track->next) {
		if (!find_place(r, track))
			continue;
		all &= track_read(track, r->written);
		if (track->now > r->now)
			r->now = track->now;
		if (track->voice > r->voice)
			r->voice = track->voice;
	}
	return all;
}

static void count_lost(struct recorder *r)
{
	r->lost = r->lost_before;
	for (const struct track *track = r->tracks; track; track = track->next)
		r->lost += media_tape_lost(track->tape);
}

int recorder_drain(struct recorder *r, bool last)
{
	open_file(r);
	take_notices(r);
	while (!read_tapes(r))
		write_until(r, r->written + TRACK_WINDOW - EARLY - HOLD);
	count_lost(r);
	if (r->now > HOLD)
		write_until(r, r->now - HOLD);
	remove_ended(r);
	if (last) {
		/* What the filter still holds comes out with the silence after it. */
		write_until(r, r->now + UPSAMPLE_DELAY);
		close_file(r);
	} else if (r->file && !r->error) {
		fail(r, sound_file_flush(r->file));
	}
	return r->error;
}

uint64_t recorder_size(const struct recorder *r)
{
	return r->size;
}

unsigned recorder_ms(const struct recorder *r)
{
	return (unsigned)(r->now / TRACK_PER_MS);
}

unsigned recorder_silent_ms(const struct recorder *r)
{
	return r->voice < r->now ? (unsigned)((r->now - r->voice) / TRACK_PER_MS) : 0;
}

unsigned recorder_lost_blocks(const struct recorder *r)
{
	return r->lost;
}
