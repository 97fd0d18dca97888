#include "ncco/trace.h"

#include <inttypes.h>
#include <string.h>

/* " name=value", when there is one. */
static void add_text(struct strbuf *out, const char *name, const char *value)
{
	if (value)
		strbuf_addf(out, " %s=%s", name, value);
}

static void add_json(struct strbuf *out, const char *name, struct json_object *value)
{
	if (value)
		strbuf_addf(out, " %s=%s", name, json_print(value));
}

static void add_number(struct strbuf *out, const char *name, unsigned value)
{
	if (value)
		strbuf_addf(out, " %s=%u", name, value);
}

static void add_flag(struct strbuf *out, const char *name, bool value)
{
	if (value)
		strbuf_addf(out, " %s", name);
}

/* " name=[a b]"; an empty list is none of the values, NULL is all of them. */
static void add_list(struct strbuf *out, const char *name, const char *const *list)
{
	if (!list)
		return;
	strbuf_addf(out, " %s=[", name);
	for (size_t i = 0; list[i]; i++)
		strbuf_addf(out, "%s%s", i ? " " : "", list[i]);
	strbuf_addc(out, ']');
}

static void add_receiver(struct strbuf *out, const char *url, const char *base, const char *method)
{
	strbuf_addf(out, " %s %s", method ? method : "-", url ? url : "-");
	add_text(out, "base", base);
}

static void add_sound(struct strbuf *out, const char *verb, const struct ncco_sound *sound)
{
	static const char *const kinds[] = {"url", "text", "tone"};

	strbuf_addf(out, "%s %s \"%s\" loops=%u level=%g", verb, kinds[sound->kind], sound->source,
		sound->loops, sound->level);
	if (sound->kind == NCCO_SOUND_TEXT)
		strbuf_addf(out, " style=%u", sound->style);
	add_flag(out, "premium", sound->premium);
	add_text(out, "language", sound->language);
	add_text(out, "voice", sound->voice);
	add_text(out, "provider", sound->provider);
	add_json(out, "options", sound->provider_options);
	add_text(out, "base", sound->base);
	strbuf_addc(out, '\n');
}

static void add_request(struct strbuf *out, const char *verb, const struct ncco_request *request)
{
	static const char *const kinds[] = {"input", "notify", "redirect"};

	strbuf_addf(out, "%s %s %s %s %s", verb, kinds[request->kind],
		request->method ? request->method : "-", request->url ? request->url : "-",
		request->body ? json_print(request->body) : "-");
	add_text(out, "base", request->base);
	strbuf_addc(out, '\n');
}

static void on_answer(void *ctx)
{
	strbuf_adds(ctx, "answer\n");
}

static void on_answer_with(void *ctx, struct json_object *headers)
{
	strbuf_addf(ctx, "answer %s\n", json_print(headers));
}

static void on_early(void *ctx)
{
	strbuf_adds(ctx, "early\n");
}

static void on_play(void *ctx, const struct ncco_sound *sound)
{
	add_sound(ctx, "play", sound);
}

static void on_stop_sound(void *ctx)
{
	strbuf_adds(ctx, "stop_sound\n");
}

static void on_prepare(void *ctx, const struct ncco_sound *sound)
{
	add_sound(ctx, "prepare", sound);
}

static void on_listen(void *ctx, bool on)
{
	strbuf_addf(ctx, "listen %s\n", on ? "on" : "off");
}

static void on_send_digits(void *ctx, const char *digits, unsigned on_ms, unsigned gap_ms)
{
	strbuf_addf(ctx, "send_digits %s %u/%u ms\n", digits, on_ms, gap_ms);
}

static void on_forget_digits(void *ctx)
{
	strbuf_adds(ctx, "forget_digits\n");
}

static void on_request(void *ctx, const struct ncco_request *request)
{
	add_request(ctx, "request", request);
}

static void on_forget_request(void *ctx)
{
	strbuf_adds(ctx, "forget_request\n");
}

static void on_post(void *ctx, const struct ncco_request *request)
{
	add_request(ctx, "post", request);
}

static void add_transcription(struct strbuf *out, const struct ncco_transcription *transcription)
{
	if (!transcription)
		return;
	strbuf_adds(out, " transcription=(");
	strbuf_adds(out, transcription->language ? transcription->language : "-");
	add_flag(out, "sentiment", transcription->sentiment);
	add_receiver(out, transcription->url, transcription->base, transcription->method);
	strbuf_addc(out, ')');
}

static void on_record(void *ctx, const struct ncco_record *record)
{
	strbuf_addf(ctx, "record %u %s format=%s channels=%u", record->number, record->pointer,
		record->format ? record->format : "-", record->channels);
	add_number(ctx, "silence", record->end_on_silence_s);
	add_flag(ctx, "beep", record->beep);
	add_flag(ctx, "synchronous", record->synchronous);
	add_transcription(ctx, record->transcription);
	add_receiver(ctx, record->url, NULL, record->method);
	strbuf_addc(ctx, '\n');
}

static void on_record_order(void *ctx, unsigned number, enum ncco_record_order order)
{
	static const char *const names[] = {"stop", "pause", "resume"};

	strbuf_addf(ctx, "record_%s %u\n", names[order], number);
}

static void add_endpoint(struct strbuf *out, const struct ncco_endpoint *endpoint)
{
	static const char *const types[] = {"phone", "sip", "app", "websocket", "extension"};

	strbuf_addf(out, " (%s %s %s", endpoint->pointer, types[endpoint->type], endpoint->target);
	add_text(out, "dtmf", endpoint->dtmf_answer);
	add_json(out, "headers", endpoint->headers);
	add_json(out, "standard", endpoint->standard_headers);
	if (endpoint->type == NCCO_WEBSOCKET)
		add_number(out, "rate", endpoint->rate);
	add_text(out, "authorization", endpoint->authorization);
	add_text(out, "value", endpoint->authorization_value);
	if (endpoint->answer_url) {
		strbuf_adds(out, " on_answer");
		add_receiver(out, endpoint->answer_url, NULL, endpoint->answer_method);
	}
	add_text(out, "shaken", endpoint->shaken);
	strbuf_addc(out, ')');
}

static void add_amd(struct strbuf *out, const struct ncco_amd *amd)
{
	static const char *const modes[] = {"async", "detect", "beep"};

	strbuf_adds(out, modes[amd->mode]);
	add_flag(out, "hangup", amd->hangup);
	add_number(out, "beep", amd->beep_timeout_s);
	add_receiver(out, amd->url, amd->base, amd->method);
}

static void on_connect(void *ctx, const struct ncco_connect *connect)
{
	strbuf_addf(ctx, "connect %s", connect->pointer);
	for (unsigned i = 0; i < connect->count; i++)
		add_endpoint(ctx, &connect->endpoints[i]);
	add_text(ctx, "from", connect->from);
	add_flag(ctx, "random_from", connect->random_from);
	add_flag(ctx, "synchronous", connect->synchronous);
	add_number(ctx, "timeout", connect->timeout_s);
	add_number(ctx, "limit", connect->limit_s);
	if (connect->amd) {
		strbuf_adds(ctx, " amd=(");
		add_amd(ctx, connect->amd);
		strbuf_addc(ctx, ')');
	}
	add_receiver(ctx, connect->url, connect->base, connect->method);
	strbuf_addc(ctx, '\n');
}

static void on_forget_connect(void *ctx)
{
	strbuf_adds(ctx, "forget_connect\n");
}

static void on_join(void *ctx, const struct ncco_join *join)
{
	strbuf_addf(ctx, "join %s %s", join->pointer, join->name);
	add_flag(ctx, "start", join->start_on_enter);
	add_flag(ctx, "end", join->end_on_exit);
	add_flag(ctx, "mute", join->mute);
	add_list(ctx, "speak", join->has_can_speak ? join->can_speak : NULL);
	add_list(ctx, "hear", join->has_can_hear ? join->can_hear : NULL);
	add_number(ctx, "members", join->max_members);
	add_flag(ctx, "record", join->record);
	add_transcription(ctx, join->transcription);
	add_receiver(ctx, join->url, join->base, join->method);
	strbuf_addc(ctx, '\n');
}

static void on_leave(void *ctx)
{
	strbuf_adds(ctx, "leave\n");
}

/* A conversation that is named so is not there. */
static bool on_transfer(void *ctx, const struct ncco_transfer *transfer)
{
	strbuf_addf(ctx, "transfer %s", transfer->conversation);
	add_flag(ctx, "mute", transfer->mute);
	add_list(ctx, "speak", transfer->has_can_speak ? transfer->can_speak : NULL);
	add_list(ctx, "hear", transfer->has_can_hear ? transfer->can_hear : NULL);
	strbuf_addc(ctx, '\n');
	return strcmp(transfer->conversation, "CON-none") != 0;
}

static void on_enqueue(void *ctx, const struct ncco_queue *queue)
{
	strbuf_addf(ctx, "enqueue %s %s", queue->pointer, queue->name);
	add_number(ctx, "max", queue->max_size);
	strbuf_addf(ctx, " priority=%d\n", queue->priority);
}

static void on_leave_queue(void *ctx)
{
	strbuf_adds(ctx, "leave_queue\n");
}

static void on_dequeue(void *ctx, const char *name)
{
	strbuf_addf(ctx, "dequeue %s\n", name);
}

static void on_forget_dequeue(void *ctx)
{
	strbuf_adds(ctx, "forget_dequeue\n");
}

static void on_recognise(void *ctx, const struct ncco_speech *speech)
{
	strbuf_addf(ctx, "recognise %s silence=%g", speech->pointer, speech->end_on_silence_s);
	add_text(ctx, "leg", speech->leg);
	add_text(ctx, "language", speech->language);
	add_list(ctx, "context", speech->context);
	add_number(ctx, "start", speech->start_timeout_s);
	add_number(ctx, "max", speech->max_duration_s);
	add_number(ctx, "sensitivity", speech->sensitivity);
	add_flag(ctx, "save", speech->save_audio);
	add_flag(ctx, "partial", speech->partial);
	add_text(ctx, "provider", speech->provider);
	add_json(ctx, "options", speech->provider_options);
	strbuf_addc(ctx, '\n');
}

static void on_speech_clock(void *ctx)
{
	strbuf_adds(ctx, "speech_clock\n");
}

static void on_forget_speech(void *ctx)
{
	strbuf_adds(ctx, "forget_speech\n");
}

static void on_finish_speech(void *ctx)
{
	strbuf_adds(ctx, "finish_speech\n");
}

static void on_amd(void *ctx, const struct ncco_amd *amd)
{
	strbuf_adds(ctx, "amd ");
	add_amd(ctx, amd);
	strbuf_addc(ctx, '\n');
}

static void on_transcribe(void *ctx, const struct ncco_transcribe *transcribe)
{
	if (!transcribe) {
		strbuf_adds(ctx, "transcribe off\n");
		return;
	}
	strbuf_addf(ctx, "transcribe %s", transcribe->pointer);
	add_text(ctx, "language", transcribe->language);
	add_flag(ctx, "partial", transcribe->partial);
	add_receiver(ctx, transcribe->url, transcribe->base, transcribe->method);
	strbuf_addc(ctx, '\n');
}

static void on_fork(void *ctx, const struct ncco_fork *fork)
{
	static const char *const tracks[] = {"inbound", "outbound", "both"};

	if (!fork) {
		strbuf_adds(ctx, "fork off\n");
		return;
	}
	strbuf_addf(ctx, "fork %s %s %s", fork->pointer, fork->url, tracks[fork->track]);
	add_number(ctx, "rate", fork->rate);
	add_flag(ctx, "twilio", fork->twilio);
	add_flag(ctx, "bidirectional", fork->bidirectional);
	add_json(ctx, "headers", fork->headers);
	add_text(ctx, "authorization", fork->authorization);
	add_text(ctx, "value", fork->authorization_value);
	strbuf_addc(ctx, '\n');
}

static void on_refer(void *ctx, const struct ncco_refer *refer)
{
	strbuf_addf(ctx, "refer %s", refer->to);
	add_json(ctx, "headers", refer->headers);
	add_number(ctx, "timeout", refer->timeout_s);
	strbuf_addc(ctx, '\n');
}

static void on_forget_refer(void *ctx)
{
	strbuf_adds(ctx, "forget_refer\n");
}

static void on_timer(void *ctx, uint64_t delay_us)
{
	if (delay_us)
		strbuf_addf(ctx, "timer %" PRIu64 " ms\n", delay_us / 1000);
	else
		strbuf_adds(ctx, "timer off\n");
}

static void add_end(struct strbuf *ctx, const char *reason, struct json_object *headers)
{
	if (reason)
		strbuf_addf(ctx, " \"%s\"", reason);
	if (headers)
		strbuf_addf(ctx, " %s", json_print(headers));
	strbuf_addc(ctx, '\n');
}

static void on_hangup(void *ctx, const char *reason, struct json_object *headers)
{
	strbuf_adds(ctx, "hangup");
	add_end(ctx, reason, headers);
}

static void on_reject(void *ctx, int status, const char *reason, struct json_object *headers)
{
	strbuf_addf(ctx, "reject %d", status);
	add_end(ctx, reason, headers);
}

static void on_error(void *ctx, const char *pointer, const char *reason)
{
	strbuf_addf(ctx, "error %s: %s\n", pointer, reason);
}

static void on_step(void *ctx, const char *pointer, const char *action, bool ended)
{
	strbuf_addf(ctx, "%s %s %s\n", ended ? "end" : "start", pointer, action);
}

static void on_finished(void *ctx)
{
	strbuf_adds(ctx, "finished\n");
}

const struct ncco_host trace_host = {
	.answer = on_answer,
	.answer_with = on_answer_with,
	.early = on_early,
	.play = on_play,
	.stop_sound = on_stop_sound,
	.prepare = on_prepare,
	.listen = on_listen,
	.send_digits = on_send_digits,
	.forget_digits = on_forget_digits,
	.request = on_request,
	.forget_request = on_forget_request,
	.post = on_post,
	.record = on_record,
	.record_order = on_record_order,
	.connect = on_connect,
	.forget_connect = on_forget_connect,
	.join = on_join,
	.leave = on_leave,
	.transfer = on_transfer,
	.enqueue = on_enqueue,
	.leave_queue = on_leave_queue,
	.dequeue = on_dequeue,
	.forget_dequeue = on_forget_dequeue,
	.recognise = on_recognise,
	.speech_clock = on_speech_clock,
	.forget_speech = on_forget_speech,
	.finish_speech = on_finish_speech,
	.amd = on_amd,
	.transcribe = on_transcribe,
	.fork = on_fork,
	.refer = on_refer,
	.forget_refer = on_forget_refer,
	.timer = on_timer,
	.hangup = on_hangup,
	.reject = on_reject,
	.error = on_error,
	.step = on_step,
	.finished = on_finished,
};
