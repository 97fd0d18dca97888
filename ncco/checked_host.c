#include "ncco/checked_host.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"

static void effect(struct checked *c, bool ends_something)
{
	assert_false(c->told);
	if (!ends_something)
		assert_false(c->over);
}

static void take(struct checked *c, enum held what)
{
	effect(c, false);
	if (c->held[what])
		fail_msg("held thing number %u is asked for twice", what);
	c->held[what] = true;
	c->taken[what]++;
}

static void give(struct checked *c, enum held what)
{
	effect(c, true);
	assert_true(c->held[what]);
	c->held[what] = false;
}

static void on_answer(void *ctx)
{
	effect(ctx, false);
}

static void on_answer_with(void *ctx, struct json_object *headers)
{
	(void)headers;
	effect(ctx, false);
}

static void on_play(void *ctx, const struct ncco_sound *sound)
{
	assert_non_null(sound->source);
	take(ctx, HELD_SOUND);
}

static void on_stop_sound(void *ctx)
{
	give(ctx, HELD_SOUND);
}

static void on_prepare(void *ctx, const struct ncco_sound *sound)
{
	effect(ctx, false);
	assert_non_null(sound->source);
}

static void on_listen(void *ctx, bool on)
{
	if (on)
		take(ctx, HELD_LISTENING);
	else
		give(ctx, HELD_LISTENING);
}

static void on_send_digits(void *ctx, const char *digits, unsigned on_ms, unsigned gap_ms)
{
	(void)on_ms;
	(void)gap_ms;
	assert_non_null(digits);
	take(ctx, HELD_DIGITS);
}

static void on_forget_digits(void *ctx)
{
	give(ctx, HELD_DIGITS);
}

static void on_request(void *ctx, const struct ncco_request *request)
{
	(void)request;
	take(ctx, HELD_REQUEST);
}

static void on_forget_request(void *ctx)
{
	give(ctx, HELD_REQUEST);
}

static void on_post(void *ctx, const struct ncco_request *request)
{
	effect(ctx, false);
	assert_non_null(request->body);
}

static void on_record(void *ctx, const struct ncco_record *record)
{
	struct checked *c = ctx;

	effect(c, false);
	assert_int_equal(record->number, ++c->recordings);
	if (record->synchronous) {
		assert_int_equal(c->synchronous, 0);
		c->synchronous = record->number;
	}
}

static void on_record_order(void *ctx, unsigned number, enum ncco_record_order order)
{
	struct checked *c = ctx;

	effect(c, order == NCCO_RECORD_STOP);
	assert_in_range(number, 0, c->recordings);
	if (order == NCCO_RECORD_STOP && number) {
		assert_int_equal(number, c->synchronous);
		c->synchronous = 0;
	}
}

static void on_connect(void *ctx, const struct ncco_connect *connect)
{
	assert_in_range(connect->count, 1, NCCO_MAX_ENDPOINTS);
	for (unsigned i = 0; i < connect->count; i++)
		assert_non_null(connect->endpoints[i].target);
	take(ctx, HELD_CONNECT);
}

static void on_forget_connect(void *ctx)
{
	give(ctx, HELD_CONNECT);
}

static void on_join(void *ctx, const struct ncco_join *join)
{
	assert_non_null(join->name);
	take(ctx, HELD_ROOM);
}

static void on_leave(void *ctx)
{
	give(ctx, HELD_ROOM);
}

static bool on_transfer(void *ctx, const struct ncco_transfer *transfer)
{
	struct checked *c = ctx;

	effect(c, false);
	assert_non_null(transfer->conversation);
	c->over = !c->transfer_fails;
	return c->over;
}

static void on_enqueue(void *ctx, const struct ncco_queue *queue)
{
	assert_non_null(queue->name);
	take(ctx, HELD_QUEUE);
}

static void on_leave_queue(void *ctx)
{
	give(ctx, HELD_QUEUE);
}

static void on_dequeue(void *ctx, const char *name)
{
	assert_non_null(name);
	take(ctx, HELD_DEQUEUE);
}

static void on_forget_dequeue(void *ctx)
{
	give(ctx, HELD_DEQUEUE);
}

static void on_recognise(void *ctx, const struct ncco_speech *speech)
{
	assert_non_null(speech->pointer);
	take(ctx, HELD_SPEECH);
}

static void on_speech_order(void *ctx)
{
	struct checked *c = ctx;

	effect(c, false);
	assert_true(c->held[HELD_SPEECH]);
}

static void on_forget_speech(void *ctx)
{
	give(ctx, HELD_SPEECH);
}

static void on_amd(void *ctx, const struct ncco_amd *amd)
{
	effect(ctx, false);
	assert_in_range(amd->mode, NCCO_AMD_ASYNC, NCCO_AMD_BEEP);
}

static void on_transcribe(void *ctx, const struct ncco_transcribe *transcribe)
{
	effect(ctx, false);
	if (transcribe)
		assert_non_null(transcribe->pointer);
}

static void on_fork(void *ctx, const struct ncco_fork *fork)
{
	effect(ctx, false);
	if (fork)
		assert_non_null(fork->url);
}

static void on_refer(void *ctx, const struct ncco_refer *refer)
{
	assert_non_null(refer->to);
	take(ctx, HELD_REFER);
}

static void on_forget_refer(void *ctx)
{
	give(ctx, HELD_REFER);
}

static void on_timer(void *ctx, uint64_t delay_us)
{
	struct checked *c = ctx;

	effect(c, delay_us == 0);
	assert_true(delay_us || c->held[HELD_TIMER]);
	c->held[HELD_TIMER] = delay_us != 0;
	c->taken[HELD_TIMER] += delay_us != 0;
}

static void on_hangup(void *ctx, const char *reason, struct json_object *headers)
{
	struct checked *c = ctx;

	(void)reason;
	(void)headers;
	effect(c, false);
	c->over = true;
}

static void on_reject(void *ctx, int status, const char *reason, struct json_object *headers)
{
	assert_in_range(status, 400, 699);
	on_hangup(ctx, reason, headers);
}

static void on_error(void *ctx, const char *pointer, const char *reason)
{
	struct checked *c = ctx;

	effect(c, false);
	assert_int_equal(pointer[0], '/');
	assert_non_null(reason);
	c->errors++;
}

static void on_step(void *ctx, const char *pointer, const char *action, bool ended)
{
	struct checked *c = ctx;
	unsigned i = 0;

	effect(c, ended);
	assert_non_null(action);
	if (!ended) {
		assert_true(c->open_count < 2); /* a sound and the input under it, no more */
		c->open[c->open_count++] = xstrdup(pointer);
		c->started++;
		return;
	}
	while (i < c->open_count && strcmp(c->open[i], pointer) != 0)
		i++;
	assert_true(i < c->open_count);
	free(c->open[i]);
	c->open[i] = c->open[--c->open_count];
}

static void on_finished(void *ctx)
{
	struct checked *c = ctx;

	effect(c, false);
	c->over = true;
}

const struct ncco_host checked_host = {
	.answer = on_answer,
	.answer_with = on_answer_with,
	.early = on_answer,
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
	.speech_clock = on_speech_order,
	.forget_speech = on_forget_speech,
	.finish_speech = on_speech_order,
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

void checked_note(struct checked *c, const struct ncco_event *event)
{
	switch (event->type) {
	case NCCO_PLAYED:
	case NCCO_PLAY_FAILED:
		c->held[HELD_SOUND] = false;
		break;
	case NCCO_TIMER:
		c->held[HELD_TIMER] = false;
		break;
	case NCCO_DIGITS_SENT:
		c->held[HELD_DIGITS] = false;
		break;
	case NCCO_RECORDED:
		if (event->number == c->synchronous)
			c->synchronous = 0;
		break;
	case NCCO_CONNECTED:
		c->held[HELD_CONNECT] = c->held[HELD_QUEUE] = c->held[HELD_DEQUEUE] = false;
		break;
	case NCCO_LEFT:
		c->held[HELD_ROOM] = false;
		break;
	case NCCO_SPEECH:
		if (event->final)
			c->held[HELD_SPEECH] = false;
		break;
	case NCCO_REFERRED:
		c->held[HELD_REFER] = false;
		break;
	case NCCO_REPLY:
		c->held[HELD_REQUEST] = false;
		break;
	default:
		break;
	}
}

void checked_idle(const struct checked *c)
{
	assert_int_equal(c->open_count, 0);
	assert_int_equal(c->synchronous, 0);
	for (unsigned i = 0; i < HELD_COUNT; i++) {
		if (c->held[i])
			fail_msg("held thing number %u was not given back", i);
	}
}
