/* The script's wish for live text, done on a call (core thread): what its party says, and what
 * others say to it, cut into segments that are recognised one by one and told as events.
 *
 * The other side is listened to only while there is somebody: what the script plays is known. When
 * the call ends, what was said last is still recognised and told. */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "call/call_private.h"
#include "call/utterance.h"
#include "media/ear.h"
#include "media/segmenter.h"

#define WIDE_RATE   16000
#define NARROW_RATE 8000
#define SENSITIVITY 90
#define PAUSE_MS    700 /* that ends a segment */
#define SEGMENT_MS  30000
#define MAX_PENDING 8

enum track { TRACK_INBOUND, TRACK_OUTBOUND, TRACKS };

static const char *const track_names[] = {"inbound", "outbound"};

struct segment {
	TAILQ_ENTRY(segment) link;
	struct call_transcribe *transcribe;
	enum track track;
	uint64_t at_ms;
	struct utterance *utterance;
};

struct listener {
	struct call_transcribe *transcribe;
	enum track track;
	struct segmenter *segmenter;
	struct segment *segment; /* that is spoken now, or NULL */
};

struct call_transcribe {
	TAILQ_ENTRY(call_transcribe) link;
	struct call *call;
	struct media_ear *ear; /* NULL: ended, only recognises what was heard */
	struct listener listeners[TRACKS];
	TAILQ_HEAD(segments, segment) segments; /* that are spoken or recognised */
	unsigned pending;
	unsigned rate;
	bool partial, failing;
	char *pointer, *language, *url, *base, *method;
};

static void destroy(struct call_transcribe *t)
{
	struct segment *segment;

	TAILQ_REMOVE(&t->call->transcribes, t, link);
	media_ear_free(t->ear);
	while ((segment = TAILQ_FIRST(&t->segments))) {
		TAILQ_REMOVE(&t->segments, segment, link);
		utterance_free(segment->utterance);
		free(segment);
	}
	for (int i = 0; i < TRACKS; i++)
		segmenter_free(t->listeners[i].segmenter);
	free(t->pointer);
	free(t->language);
	free(t->url);
	free(t->base);
	free(t->method);
	free(t);
}

/* --- what is told --- */

static void tell_text(
	const struct segment *segment, const char *text, double confidence, bool final)
{
	struct call_transcribe *t = segment->transcribe;
	struct json_object *body = json_object_new_object();
	char number[16];

	snprintf(number, sizeof(number), "%.2f", confidence);
	json_add_text(body, "type", "transcript");
	json_add_text(body, "track", track_names[segment->track]);
	json_add_text(body, "text", text);
	json_add_text(body, "confidence", number);
	json_add_bool(body, "final", final);
	json_add_int(body, "offset_ms", (int64_t)segment->at_ms);
	call_host.post(t->call, &(struct ncco_request){.kind = NCCO_REQUEST_INPUT,
					.url = t->url,
					.base = t->base,
					.method = t->method,
					.body = body});
	json_object_put(body);
}

/* The first of a row of failures. */
static void tell_failure(struct call_transcribe *t, const char *error)
{
	if (error && !t->failing)
		call_tell_error(t->call, t->pointer, error);
	t->failing = error != NULL;
}

static void on_partial(void *arg, const struct asr_result *result)
{
	tell_text(arg, result->text, result->confidence, false);
}

static void on_recognised(void *arg)
{
	struct segment *segment = arg;
	struct call_transcribe *t = segment->transcribe;
	struct call *call = t->call;

	tell_failure(t, utterance_error(segment->utterance));
	if (*utterance_text(segment->utterance))
		tell_text(segment, utterance_text(segment->utterance),
			utterance_confidence(segment->utterance), true);
	if (t->listeners[segment->track].segment == segment)
		t->listeners[segment->track].segment = NULL;
	TAILQ_REMOVE(&t->segments, segment, link);
	t->pending--;
	utterance_free(segment->utterance);
	free(segment);
	if (t->ear || t->pending)
		return;
	destroy(t);
	if (call->state == CALL_ENDED)
		call_reap_soon(call);
}

static const struct utterance_handler utterance_handler = {
	.on_partial = on_partial, .on_done = on_recognised};

/* --- what is heard --- */

static void on_begin(void *arg, uint64_t at_ms)
{
	struct listener *listener = arg;
	struct call_transcribe *t = listener->transcribe;
	const struct asr_request request = {
		.language = t->language, .rate = t->rate, .partial = t->partial};
	struct segment *segment;

	if (t->pending >= MAX_PENDING) {
		tell_failure(t, "the speech recogniser does not keep up");
		return;
	}
	segment = xcalloc(1, sizeof(*segment));
	segment->transcribe = t;
	segment->track = listener->track;
	segment->at_ms = at_ms;
	segment->utterance =
		utterance_new(t->call->server->asr, &request, &utterance_handler, segment);
	TAILQ_INSERT_TAIL(&t->segments, segment, link);
	t->pending++;
	listener->segment = segment;
}

static void on_sound(void *arg, const int16_t *pcm, size_t samples)
{
	const struct listener *listener = arg;

	if (listener->segment)
		utterance_sound(listener->segment->utterance, pcm, samples);
}

static void on_end(void *arg, enum segment_end why)
{
	struct listener *listener = arg;

	(void)why;
	if (listener->segment)
		utterance_end(listener->segment->utterance);
	listener->segment = NULL;
}

static const struct segmenter_handler segmenter_handler = {
	.on_begin = on_begin, .on_sound = on_sound, .on_end = on_end};

static void on_frame(void *arg, const int16_t *heard, const int16_t *sent, size_t samples)
{
	static const int16_t silence[WIDE_RATE * EAR_FRAME_MS / 1000];
	struct call_transcribe *t = arg;

	(void)samples;
	segmenter_frame(t->listeners[TRACK_INBOUND].segmenter, heard);
	segmenter_frame(t->listeners[TRACK_OUTBOUND].segmenter,
		conversation_has_company(t->call) ? sent : silence);
}

/* --- what is asked for --- */

/* What was heard is still recognised. */
static void stop(struct call_transcribe *t)
{
	t->ear = media_ear_free(t->ear);
	for (int i = 0; i < TRACKS; i++)
		segmenter_end(t->listeners[i].segmenter);
	if (t->pending == 0)
		destroy(t);
}

static void stop_all(struct call *call)
{
	struct call_transcribe *t, *next;

	for (t = TAILQ_FIRST(&call->transcribes); t; t = next) {
		next = TAILQ_NEXT(t, link);
		if (t->ear)
			stop(t);
	}
}

static void start(struct call *call, struct media_leg *media, const struct ncco_transcribe *wanted)
{
	const struct codec *codec = leg_codec(call->leg);
	struct call_transcribe *t = xcalloc(1, sizeof(*t));

	t->call = call;
	t->rate = codec && codec->sample_rate >= WIDE_RATE ? WIDE_RATE : NARROW_RATE;
	t->partial = wanted->partial;
	t->pointer = xstrdup(wanted->pointer);
	t->language = xstrdup(wanted->language);
	t->url = xstrdup(wanted->url);
	t->base = xstrdup(wanted->base);
	t->method = xstrdup(wanted->method);
	TAILQ_INIT(&t->segments);
	TAILQ_INSERT_TAIL(&call->transcribes, t, link);
	for (int i = 0; i < TRACKS; i++) {
		t->listeners[i].transcribe = t;
		t->listeners[i].track = i;
		t->listeners[i].segmenter =
			segmenter_new(&(struct segmenter_config){.rate = t->rate,
					      .sensitivity = SENSITIVITY,
					      .end_ms = PAUSE_MS,
					      .max_ms = SEGMENT_MS},
				&segmenter_handler, &t->listeners[i]);
	}
	t->ear = media_ear_new(call->server->loop, media, t->rate, on_frame, t);
}

void call_transcribe(void *ctx, const struct ncco_transcribe *wanted)
{
	struct call *call = ctx;
	struct media_leg *media = call->leg ? leg_media(call->leg) : NULL;

	stop_all(call);
	if (!wanted)
		return;
	if (call->server->asr && media)
		start(call, media, wanted);
	else
		call_tell_error(call, wanted->pointer, "there is no speech recogniser");
}

void call_transcribe_init(struct call *call)
{
	TAILQ_INIT(&call->transcribes);
}

bool call_transcribe_end(struct call *call)
{
	stop_all(call);
	return TAILQ_EMPTY(&call->transcribes);
}

void call_transcribe_release(struct call *call)
{
	struct call_transcribe *t;

	while ((t = TAILQ_FIRST(&call->transcribes)))
		destroy(t);
}
