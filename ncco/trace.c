#include "ncco/trace.h"

#include <inttypes.h>

static void add_sound(struct strbuf *out, const char *verb, const struct ncco_sound *sound)
{
	strbuf_addf(out, "%s %s \"%s\" loops=%u level=%g", verb,
		sound->kind == NCCO_SOUND_TEXT ? "text" : "url", sound->source, sound->loops,
		sound->level);
	if (sound->kind == NCCO_SOUND_TEXT)
		strbuf_addf(out, " style=%u", sound->style);
	if (sound->premium)
		strbuf_adds(out, " premium");
	if (sound->language)
		strbuf_addf(out, " language=%s", sound->language);
	if (sound->voice)
		strbuf_addf(out, " voice=%s", sound->voice);
	if (sound->provider)
		strbuf_addf(out, " provider=%s", sound->provider);
	if (sound->provider_options)
		strbuf_addf(out, " options=%s", json_print(sound->provider_options));
	if (sound->base)
		strbuf_addf(out, " base=%s", sound->base);
	strbuf_addc(out, '\n');
}

static void add_request(struct strbuf *out, const char *verb, const struct ncco_request *request)
{
	static const char *const kinds[] = {"input", "notify", "redirect"};

	strbuf_addf(out, "%s %s %s %s %s", verb, kinds[request->kind],
		request->method ? request->method : "-", request->url ? request->url : "-",
		request->body ? json_print(request->body) : "-");
	if (request->base)
		strbuf_addf(out, " base=%s", request->base);
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

static void on_record(void *ctx, const struct ncco_record *record)
{
	strbuf_addf(ctx, "record %u %s format=%s channels=%u", record->number, record->pointer,
		record->format ? record->format : "-", record->channels);
	if (record->end_on_silence_s)
		strbuf_addf(ctx, " silence=%u", record->end_on_silence_s);
	strbuf_addf(ctx, "%s%s %s %s\n", record->beep ? " beep" : "",
		record->synchronous ? " synchronous" : "", record->method ? record->method : "-",
		record->url ? record->url : "-");
}

static void on_record_order(void *ctx, unsigned number, enum ncco_record_order order)
{
	static const char *const names[] = {"stop", "pause", "resume"};

	strbuf_addf(ctx, "record_%s %u\n", names[order], number);
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
	.timer = on_timer,
	.hangup = on_hangup,
	.reject = on_reject,
	.error = on_error,
	.step = on_step,
	.finished = on_finished,
};
