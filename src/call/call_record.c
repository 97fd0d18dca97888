/* Recordings of a call, that its script or the API has asked for (core thread). */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "call/recording.h"
#include "call/recording_event.h"
#include "call/transcript.h"
#include "call/call_private.h"

#define MAX_AT_ONCE 8

#define BEEP_HZ	      1000
#define BEEP_LEVEL_DB -12.0
#define BEEP_MS	      300

struct call_record {
	TAILQ_ENTRY(call_record) link;
	struct call *call;
	struct recording *recording;
	unsigned number; /* of the script's; 0: of the API */
	bool synchronous, stopping;
	char end_key;	       /* of the API; '\0': none */
	struct timer time_out; /* of the API */
	call_done_fn *done;    /* it is waited for its begin; NULL: not */
	void *done_arg;
	char *pointer, *url, *base, *method;
	struct transcript_wish transcript;
};

static void tell_begun(struct call_record *record, const char *error)
{
	call_done_fn *done = record->done;

	record->done = NULL;
	if (done)
		done(record->done_arg, error);
}

static void record_free(struct call_record *record)
{
	tell_begun(record, "the call has ended");
	timer_stop(&record->time_out);
	TAILQ_REMOVE(&record->call->recordings.all, record, link);
	record->call->recordings.count--;
	free(record->pointer);
	free(record->url);
	free(record->base);
	free(record->method);
	transcript_wish_release(&record->transcript);
	free(record);
}

static void send_webhook(struct call_record *record, const struct recording_result *result)
{
	struct json_object *body = recording_event(server_public_url(record->call->server), result);

	/* Its body is the step's own and the conversation, as for notify. */
	call_host.post(record->call, &(struct ncco_request){.kind = NCCO_REQUEST_NOTIFY,
					     .url = record->url,
					     .base = record->base,
					     .method = record->method,
					     .body = body});
	json_object_put(body);
}

static bool is_stopping(const struct call *call)
{
	const struct call_record *record;

	TAILQ_FOREACH (record, &call->recordings.all, link) {
		if (record->stopping)
			return true;
	}
	return false;
}

static void on_ended(void *arg, const struct recording_result *result)
{
	struct call_record *record = arg;
	struct call *call = record->call;
	struct ncco_event event = {
		.type = NCCO_RECORDED, .number = record->number, .failed = result->error != NULL};
	char *url = recording_url(server_public_url(call->server), result);
	char *reason = NULL;

	event.url = url;
	if (result->error) {
		reason = xasprintf("the recording cannot be written: %s", result->error);
		event.reason = reason;
		if (!record->synchronous || call->state != CALL_RUNNING)
			call_tell_error(call, record->pointer, reason);
	} else {
		log_info(call->uuid, "recording %s: %llu bytes", result->id,
			(unsigned long long)result->size);
		send_webhook(record, result);
		transcript_order(call->server->transcripts, &record->transcript,
			&(struct transcript_subject){.recording_id = result->id,
				.call_uuid = call->uuid,
				.conversation_uuid = call->conversation_uuid,
				.pointer = record->pointer,
				.app = call->app});
	}
	if (result->lost_ms)
		log_warn(call->uuid, "recording %s: %u ms are missing, the disk is too slow",
			result->id, result->lost_ms);
	tell_begun(record, reason);
	record_free(record);
	call_record_listen(call);
	if (!is_stopping(call))
		call_waits_end(call, CALL_WAIT_RECORDS, 0, reason);
	if (call->state == CALL_RUNNING && event.number)
		interp_event(call->interp, &event);
	else if (call->state == CALL_ENDED && call->recordings.count == 0)
		call_reap_soon(call);
	free(reason);
	free(url);
}

static void beep(struct call *call)
{
	const struct codec *codec = leg_codec(call->leg);
	struct prompt *prompt;

	/* A late offer: there is nobody to hear it before the ACK. */
	call->recordings.beep_wanted = !leg_media_running(call->leg);
	if (call->recordings.beep_wanted)
		return;
	prompt = prompt_tone(codec, BEEP_HZ, 0, BEEP_LEVEL_DB, BEEP_MS, 0);
	leg_play(call->leg, prompt, 1);
	prompt_unref(prompt);
}

void call_record_media_ready(struct call *call)
{
	if (call->recordings.beep_wanted)
		beep(call);
}

/* Told by a timer, as a host function must not call back. */
static void tell_refused(void *arg)
{
	struct call *call = arg;

	interp_event(call->interp, &(struct ncco_event){.type = NCCO_RECORDED,
					   .number = call->recordings.refused,
					   .failed = true,
					   .reason = "too many recordings at once"});
}

static void refuse(struct call *call, const struct ncco_record *wanted)
{
	if (!wanted->synchronous) {
		call_tell_error(call, wanted->pointer, "too many recordings at once");
		return;
	}
	call->recordings.refused = wanted->number;
	timer_start(&call->recordings.timer, 0);
}

/* Recordings of more than two channels have one for each of the others who are there. */
static void add_others(struct call *call, struct recording *recording)
{
	struct call *other;

	TAILQ_FOREACH (other, &call->conversation->members, member) {
		if (other != call && other->present)
			recording_add_party(recording, leg_media(other->leg));
	}
}

static void stop_one(void *arg)
{
	struct call_record *record = arg;

	record->stopping = true;
	recording_stop(record->recording);
}

static struct call_record *start(struct call *call, const struct ncco_record *wanted)
{
	struct call_record *record = xcalloc(1, sizeof(*record));
	const char *configured = call->server->config->recording.format;
	struct recording_spec spec = {
		.format = recording_format(wanted->format, configured, wanted->channels),
		.channels = wanted->channels,
		.silence_ms = wanted->end_on_silence_s * 1000,
		.application = call->app ? call->app->id : NULL,
		.call_uuid = call->uuid,
		.conversation_uuid = call->conversation_uuid,
	};

	record->call = call;
	timer_init(&record->time_out, call->server->loop, stop_one, record);
	record->number = wanted->number;
	record->synchronous = wanted->synchronous;
	record->pointer = xstrdup(wanted->pointer);
	record->url = xstrdup(wanted->url);
	record->base = xstrdup(wanted->base);
	record->method = xstrdup(wanted->method);
	transcript_wish_take(&record->transcript, wanted->transcription);
	TAILQ_INSERT_TAIL(&call->recordings.all, record, link);
	call->recordings.count++;
	record->recording = recording_start(
		call->server->recordings, leg_media(call->leg), &spec, on_ended, record);
	if (call->present)
		add_others(call, record->recording);
	if (wanted->beep)
		beep(call);
	return record;
}

void call_record_start(void *ctx, const struct ncco_record *wanted)
{
	struct call *call = ctx;

	if (call->recordings.count >= MAX_AT_ONCE)
		refuse(call, wanted);
	else
		start(call, wanted);
}

void call_record_came(struct call *call)
{
	struct call_record *record;
	struct call *other;

	TAILQ_FOREACH (record, &call->recordings.all, link)
		add_others(call, record->recording);
	TAILQ_FOREACH (other, &call->conversation->members, member) {
		if (other == call || !other->present)
			continue;
		TAILQ_FOREACH (record, &other->recordings.all, link)
			recording_add_party(record->recording, leg_media(call->leg));
	}
}

void call_record_left(struct call *call)
{
	struct call_record *record;
	struct call *other;

	TAILQ_FOREACH (other, &call->conversation->members, member) {
		if (other == call || !other->present)
			continue;
		TAILQ_FOREACH (record, &call->recordings.all, link)
			recording_drop_party(record->recording, leg_media(other->leg));
		TAILQ_FOREACH (record, &other->recordings.all, link)
			recording_drop_party(record->recording, leg_media(call->leg));
	}
}

void call_record_order(void *ctx, unsigned number, enum ncco_record_order order)
{
	struct call *call = ctx;
	struct call_record *record;

	TAILQ_FOREACH (record, &call->recordings.all, link) {
		if (number && record->number != number)
			continue;
		if (order == NCCO_RECORD_STOP) {
			record->stopping = true;
			recording_stop(record->recording);
		} else {
			recording_pause(record->recording, order == NCCO_RECORD_PAUSE);
		}
	}
}

/* --- of the API --- */

static void on_begun(void *arg)
{
	tell_begun(arg, NULL);
}

void call_record(
	struct call *call, const struct ncco_recording *wanted, call_done_fn *done, void *arg)
{
	struct call_record *record;

	if (call->recordings.count >= MAX_AT_ONCE) {
		done(arg, "there are too many recordings of the call");
		return;
	}
	record = start(call, &wanted->record);
	record->done = done;
	record->done_arg = arg;
	recording_watch(record->recording, on_begun);
	if (wanted->timeout_s)
		timer_start(&record->time_out, wanted->timeout_s * USEC_PER_SEC);
	record->end_key = wanted->end_key;
	call_record_listen(call);
}

bool call_is_recorded(const struct call *call)
{
	const struct call_record *record;

	TAILQ_FOREACH (record, &call->recordings.all, link) {
		if (!record->stopping)
			return true;
	}
	return false;
}

void call_pause_records(struct call *call, bool on)
{
	call_record_order(call, 0, on ? NCCO_RECORD_PAUSE : NCCO_RECORD_RESUME);
}

void call_end_records(struct call *call, call_done_fn *done, void *arg)
{
	call_wait(call, CALL_WAIT_RECORDS, 0, done, arg);
	call_record_order(call, 0, NCCO_RECORD_STOP);
}

void call_record_listen(struct call *call)
{
	const struct call_record *record;

	call->recordings.keys = false;
	TAILQ_FOREACH (record, &call->recordings.all, link)
		call->recordings.keys |= record->end_key && !record->stopping;
	if (call_is_live(call))
		call_listen(call);
}

void call_record_digit(struct call *call, char digit)
{
	struct call_record *record;

	TAILQ_FOREACH (record, &call->recordings.all, link) {
		if (record->end_key == digit)
			stop_one(record);
	}
}

void call_record_init(struct call *call)
{
	TAILQ_INIT(&call->recordings.all);
	timer_init(&call->recordings.timer, call->server->loop, tell_refused, call);
}

void call_record_release(struct call *call)
{
	struct call_record *record;

	timer_stop(&call->recordings.timer);
	while ((record = TAILQ_FIRST(&call->recordings.all))) {
		recording_abandon(record->recording);
		record_free(record);
	}
}
