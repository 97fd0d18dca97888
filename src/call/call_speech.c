/* The script's speech input, done on a call (core thread): an ear on a leg, cut into what is said,
 * given to a recogniser from the moment that speech has begun.
 *
 * The handlers of the segmenter only note what has happened; it is told once the segmenter has
 * returned, for what is told may end all of this. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "call/call_private.h"
#include "call/saved_speech.h"
#include "call/utterance.h"
#include "media/ear.h"
#include "media/segmenter.h"

#define WIDE_RATE   16000
#define NARROW_RATE 8000

struct call_speech {
	struct call *call, *target; /* whose party is listened to; NULL: is gone */
	struct media_ear *ear;	    /* NULL: what is said is over */
	struct segmenter *segmenter;
	struct utterance *utterance; /* NULL: nobody has spoken yet */
	struct saved_speech *saved;  /* NULL: not asked for, or nothing to save */
	bool begun, told_begun, ended, recognised, saving;
	enum segment_end why;
	const char *reason; /* "timeout_reason" */
	const char *error;  /* constant; NULL: it works */
	uint64_t ended_at;
	struct timer start, later;

	/* As it was asked for. */
	bool partial, save;
	uint64_t start_us; /* 0: no limit */
	char *language, *adapter, **hints;
	struct json_object *options;
	unsigned rate;
};

/* --- what comes of it --- */

static void destroy(struct call_speech *s)
{
	if (s->target)
		s->target->listened--;
	media_ear_free(s->ear);
	segmenter_free(s->segmenter);
	utterance_free(s->utterance);
	saved_speech_free(s->saved);
	timer_stop(&s->start);
	timer_stop(&s->later);
	for (char **hint = s->hints; hint && *hint; hint++)
		free(*hint);
	free(s->hints);
	free(s->language);
	free(s->adapter);
	json_object_put(s->options);
	free(s);
}

static void tell(struct call *call, const struct ncco_event *event)
{
	if (call->state == CALL_RUNNING)
		interp_event(call->interp, event);
}

static struct json_object *result_data(const struct call_speech *s)
{
	struct json_object *data = json_object_new_object();
	char *url;

	json_add_text(data, "timeout_reason", s->reason);
	json_object_object_add(data, "results",
		s->utterance ? json_object_get(utterance_results(s->utterance))
			     : json_object_new_array());
	if (s->saved) {
		url = xasprintf("%s/v1/files/%s", server_public_url(s->call->server),
			saved_speech_id(s->saved));
		json_add_text(data, "recording_url", url);
		free(url);
	}
	return data;
}

static void deliver(struct call_speech *s)
{
	struct call *call = s->call;
	const char *error = s->error;
	struct ncco_event event = {.type = NCCO_SPEECH, .final = true, .text = ""};

	if (!error && s->utterance)
		error = utterance_error(s->utterance);
	event.failed = error != NULL;
	event.reason = error;
	if (!error)
		event.data = result_data(s);
	if (s->utterance)
		event.text = utterance_text(s->utterance);
	if (s->ended_at)
		log_info(call->uuid, "speech recognised %u ms after its end",
			(unsigned)((clock_mono() - s->ended_at) / USEC_PER_MSEC));
	call->speech = NULL;
	tell(call, &event);
	json_object_put(event.data);
	destroy(s);
}

static void deliver_later(void *arg)
{
	deliver(arg);
}

static void deliver_when_complete(struct call_speech *s)
{
	if (s->recognised && !s->saving)
		deliver(s);
}

static void on_saved(void *arg, int error)
{
	struct call_speech *s = arg;

	s->saving = false;
	if (error) {
		log_warn(s->call->uuid, "speech cannot be saved: %s", strerror(-error));
		s->saved = saved_speech_free(s->saved);
	}
	deliver_when_complete(s);
}

static void on_partial(void *arg, const struct asr_result *result)
{
	struct call_speech *s = arg;
	struct json_object *data = json_object_new_object();

	json_object_object_add(data, "results", utterance_list_result(result));
	tell(s->call,
		&(struct ncco_event){.type = NCCO_SPEECH, .text = result->text, .data = data});
	json_object_put(data);
}

static void on_recognised(void *arg)
{
	struct call_speech *s = arg;

	s->recognised = true;
	/* An adapter that has failed is not talked to until the caller is tired of it. */
	if (s->ear && utterance_error(s->utterance))
		deliver(s);
	else if (!s->ear)
		deliver_when_complete(s);
}

static const struct utterance_handler utterance_handler = {
	.on_partial = on_partial, .on_done = on_recognised};

/* --- what is heard --- */

static void on_begin(void *arg, uint64_t at_ms)
{
	struct call_speech *s = arg;
	const struct asr_request request = {
		.adapter = s->adapter,
		.language = s->language,
		.hints = (const char *const *)s->hints,
		.rate = s->rate,
		.partial = s->partial,
		.options = s->options,
	};

	(void)at_ms;
	s->begun = true;
	timer_stop(&s->start);
	s->utterance = utterance_new(s->call->server->asr, &request, &utterance_handler, s);
	if (s->save)
		s->saved = saved_speech_new(server_recording_directory(s->call->server), s->rate);
}

static void on_sound(void *arg, const int16_t *pcm, size_t samples)
{
	struct call_speech *s = arg;

	if (!s->utterance)
		return;
	utterance_sound(s->utterance, pcm, samples);
	if (s->saved)
		saved_speech_add(s->saved, pcm, samples);
}

static void on_end(void *arg, enum segment_end why)
{
	struct call_speech *s = arg;

	s->ended = true;
	s->why = why;
}

static const struct segmenter_handler segmenter_handler = {
	.on_begin = on_begin, .on_sound = on_sound, .on_end = on_end};

/* What was said is complete. */
static void take_end(struct call_speech *s)
{
	s->reason = s->why == SEGMENT_TOO_LONG ? "max_duration" : "end_on_silence_timeout";
	s->ended_at = clock_mono();
	s->ear = media_ear_free(s->ear);
	utterance_end(s->utterance);
	if (s->saved) {
		s->saving = true;
		saved_speech_write(s->saved, s->call->server->workers, on_saved, s);
	}
	if (s->recognised && !s->saving)
		timer_start(&s->later, 0);
}

static void on_frame(void *arg, const int16_t *heard, const int16_t *sent, size_t samples)
{
	struct call_speech *s = arg;
	struct call *call = s->call;

	(void)sent;
	(void)samples;
	segmenter_frame(s->segmenter, heard);
	if (s->begun && !s->told_begun) {
		s->told_begun = true;
		tell(call, &(struct ncco_event){.type = NCCO_SPEECH_BEGAN});
		if (call->speech != s)
			return;
	}
	if (s->ended)
		take_end(s);
}

static void on_start_timeout(void *arg)
{
	struct call_speech *s = arg;

	s->reason = "start_timeout";
	deliver(s);
}

/* --- what is asked for --- */

static struct call *find_target(struct call *call, const char *uuid)
{
	struct call *other;

	if (!uuid || strcmp(uuid, call->uuid) == 0)
		return call;
	if (!call->conversation)
		return NULL;
	TAILQ_FOREACH (other, &call->conversation->members, member) {
		if (strcmp(other->uuid, uuid) == 0)
			return other;
	}
	return NULL;
}

static const char *open_ear(struct call_speech *s, const struct ncco_speech *wanted)
{
	struct call *call = s->call, *target = find_target(call, wanted->leg);
	struct media_leg *media = target && target->leg ? leg_media(target->leg) : NULL;
	const struct codec *codec = media ? leg_codec(target->leg) : NULL;

	if (!call->server->asr)
		return "there is no speech recogniser";
	if (!media)
		return "the leg is not in this conversation";
	s->rate = codec && codec->sample_rate >= WIDE_RATE ? WIDE_RATE : NARROW_RATE;
	s->target = target;
	target->listened++;
	s->segmenter = segmenter_new(
		&(struct segmenter_config){
			.rate = s->rate,
			.sensitivity = wanted->sensitivity,
			.end_ms = (unsigned)(wanted->end_on_silence_s * 1000),
			.max_ms = wanted->max_duration_s * 1000,
		},
		&segmenter_handler, s);
	s->ear = media_ear_new(call->server->loop, media, s->rate, on_frame, s);
	return NULL;
}

static char **copy_hints(const char *const *hints)
{
	size_t count = 0;
	char **copy;

	while (hints && hints[count])
		count++;
	copy = xcalloc(count + 1, sizeof(*copy));
	for (size_t i = 0; i < count; i++)
		copy[i] = xstrdup(hints[i]);
	return copy;
}

void call_recognise(void *ctx, const struct ncco_speech *wanted)
{
	struct call *call = ctx;
	struct call_speech *s = xcalloc(1, sizeof(*s));

	call_forget_speech(call);
	call->speech = s;
	s->call = call;
	s->partial = wanted->partial;
	s->save = wanted->save_audio;
	s->start_us = wanted->start_timeout_s * USEC_PER_SEC;
	s->language = xstrdup(wanted->language);
	s->adapter = xstrdup(wanted->provider);
	s->hints = copy_hints(wanted->context);
	s->options = json_object_get(wanted->provider_options);
	timer_init(&s->start, call->server->loop, on_start_timeout, s);
	timer_init(&s->later, call->server->loop, deliver_later, s);
	s->error = open_ear(s, wanted);
	if (s->error)
		timer_start(&s->later, 0);
}

void call_speech_clock(void *ctx)
{
	struct call *call = ctx;

	if (call->speech && !call->speech->begun && !call->speech->error && call->speech->start_us)
		timer_start(&call->speech->start, call->speech->start_us);
}

/* Of what was heard so far. */
static void finish(struct call_speech *s)
{
	if (!s->ear)
		return;
	segmenter_end(s->segmenter);
	if (s->ended) {
		take_end(s);
		return;
	}
	s->ear = media_ear_free(s->ear);
	timer_stop(&s->start);
	s->reason = "start_timeout";
	timer_start(&s->later, 0);
}

void call_finish_speech(void *ctx)
{
	struct call *call = ctx;

	if (call->speech)
		finish(call->speech);
}

void call_forget_speech(void *ctx)
{
	struct call *call = ctx;

	if (call->speech)
		destroy(call->speech);
	call->speech = NULL;
}

void call_speech_gone(struct call *call)
{
	struct call *other;

	if (call->speech)
		call_forget_speech(call);
	if (call->listened == 0)
		return;
	TAILQ_FOREACH (other, &call->server->calls, link) {
		if (!other->speech || other->speech->target != call)
			continue;
		call->listened--;
		other->speech->target = NULL;
		finish(other->speech);
	}
}
