/* The interpreter alone, as fast as it goes. */
#include <errno.h>

#include "base/clock.h"
#include "base/mem.h"
#include "ncco/interp.h"
#include "ncco/sim.h"

/* A host that does nothing but remember what it owes. */

struct bench {
	unsigned long steps;
	bool sounding, requested, sending, timer, connecting, in_room, recognising, detecting,
		referring;
	unsigned recorded; /* 0: none to tell of */
};

static void bench_nothing(void *ctx)
{
	(void)ctx;
}

static void bench_play(void *ctx, const struct ncco_sound *sound)
{
	(void)sound;
	((struct bench *)ctx)->sounding = true;
}

static void bench_stop_sound(void *ctx)
{
	((struct bench *)ctx)->sounding = false;
}

static void bench_prepare(void *ctx, const struct ncco_sound *sound)
{
	(void)ctx;
	(void)sound;
}

static void bench_listen(void *ctx, bool on)
{
	(void)ctx;
	(void)on;
}

static void bench_request(void *ctx, const struct ncco_request *request)
{
	(void)request;
	((struct bench *)ctx)->requested = true;
}

static void bench_forget(void *ctx)
{
	((struct bench *)ctx)->requested = false;
}

static void bench_post(void *ctx, const struct ncco_request *request)
{
	(void)ctx;
	(void)request;
}

static void bench_record(void *ctx, const struct ncco_record *record)
{
	if (record->synchronous)
		((struct bench *)ctx)->recorded = record->number;
}

static void bench_record_order(void *ctx, unsigned number, enum ncco_record_order order)
{
	(void)ctx;
	(void)number;
	(void)order;
}

static void bench_connect(void *ctx, const struct ncco_connect *connect)
{
	(void)connect;
	((struct bench *)ctx)->connecting = true;
}

static void bench_forget_connect(void *ctx)
{
	((struct bench *)ctx)->connecting = false;
}

static void bench_join(void *ctx, const struct ncco_join *join)
{
	(void)join;
	((struct bench *)ctx)->in_room = true;
}

static void bench_leave(void *ctx)
{
	((struct bench *)ctx)->in_room = false;
}

static bool bench_transfer(void *ctx, const struct ncco_transfer *transfer)
{
	(void)ctx;
	(void)transfer;
	return true;
}

static void bench_recognise(void *ctx, const struct ncco_speech *speech)
{
	(void)speech;
	((struct bench *)ctx)->recognising = true;
}

static void bench_forget_speech(void *ctx)
{
	((struct bench *)ctx)->recognising = false;
}

static void bench_enqueue(void *ctx, const struct ncco_queue *queue)
{
	(void)queue;
	((struct bench *)ctx)->connecting = true;
}

static void bench_dequeue(void *ctx, const char *name)
{
	(void)name;
	((struct bench *)ctx)->connecting = true;
}

static void bench_amd(void *ctx, const struct ncco_amd *amd)
{
	((struct bench *)ctx)->detecting = amd->mode != NCCO_AMD_ASYNC;
}

static void bench_transcribe(void *ctx, const struct ncco_transcribe *transcribe)
{
	(void)ctx;
	(void)transcribe;
}

static void bench_fork(void *ctx, const struct ncco_fork *fork)
{
	(void)ctx;
	(void)fork;
}

static void bench_refer(void *ctx, const struct ncco_refer *refer)
{
	(void)refer;
	((struct bench *)ctx)->referring = true;
}

static void bench_forget_refer(void *ctx)
{
	((struct bench *)ctx)->referring = false;
}

static void bench_timer(void *ctx, uint64_t delay_us)
{
	((struct bench *)ctx)->timer = delay_us != 0;
}

static void bench_headers(void *ctx, struct json_object *headers)
{
	(void)ctx;
	(void)headers;
}

static void bench_send(void *ctx, const char *digits, unsigned on_ms, unsigned gap_ms)
{
	(void)digits;
	(void)on_ms;
	(void)gap_ms;
	((struct bench *)ctx)->sending = true;
}

static void bench_forget_digits(void *ctx)
{
	((struct bench *)ctx)->sending = false;
}

static void bench_reject(void *ctx, int status, const char *reason, struct json_object *headers)
{
	(void)ctx;
	(void)status;
	(void)reason;
	(void)headers;
}

static void bench_hangup(void *ctx, const char *reason, struct json_object *headers)
{
	(void)ctx;
	(void)reason;
	(void)headers;
}

static void bench_error(void *ctx, const char *pointer, const char *reason)
{
	(void)ctx;
	(void)pointer;
	(void)reason;
}

static void bench_step(void *ctx, const char *pointer, const char *action, bool ended)
{
	(void)pointer;
	(void)action;
	((struct bench *)ctx)->steps += ended;
}

static const struct ncco_host bench_host = {
	.answer = bench_nothing,
	.answer_with = bench_headers,
	.early = bench_nothing,
	.play = bench_play,
	.stop_sound = bench_stop_sound,
	.prepare = bench_prepare,
	.listen = bench_listen,
	.send_digits = bench_send,
	.forget_digits = bench_forget_digits,
	.request = bench_request,
	.forget_request = bench_forget,
	.post = bench_post,
	.record = bench_record,
	.record_order = bench_record_order,
	.connect = bench_connect,
	.forget_connect = bench_forget_connect,
	.join = bench_join,
	.leave = bench_leave,
	.enqueue = bench_enqueue,
	.leave_queue = bench_forget_connect,
	.dequeue = bench_dequeue,
	.forget_dequeue = bench_forget_connect,
	.recognise = bench_recognise,
	.speech_clock = bench_nothing,
	.forget_speech = bench_forget_speech,
	.finish_speech = bench_nothing,
	.transfer = bench_transfer,
	.amd = bench_amd,
	.transcribe = bench_transcribe,
	.fork = bench_fork,
	.refer = bench_refer,
	.forget_refer = bench_forget_refer,
	.timer = bench_timer,
	.hangup = bench_hangup,
	.reject = bench_reject,
	.error = bench_error,
	.step = bench_step,
	.finished = bench_nothing,
};

/* What comes next of all that is waited for; it is owed no more. */
static struct ncco_event bench_event(struct bench *bench)
{
	struct ncco_event event = {.type = NCCO_TIMER, .final = true, .number = bench->recorded};

	if (bench->connecting)
		event.type = NCCO_CONNECTED;
	else if (bench->in_room)
		event.type = NCCO_LEFT;
	else if (bench->recognising && !bench->sounding)
		event.type = NCCO_SPEECH;
	else if (bench->detecting)
		event.type = NCCO_AMD;
	else if (bench->referring)
		event.type = NCCO_REFERRED;
	else if (bench->sounding)
		event.type = NCCO_PLAYED;
	else if (bench->requested)
		event.type = NCCO_REPLY;
	else if (bench->sending)
		event.type = NCCO_DIGITS_SENT;
	else if (bench->recorded)
		event.type = NCCO_RECORDED;
	bench->recorded = 0;
	bench->connecting = bench->in_room = bench->detecting = bench->referring = false;
	bench->sounding = bench->requested = bench->sending = false;
	return event;
}

static void bench_call(struct bench *bench, struct ncco_document *document)
{
	struct interp *interp = interp_new(&bench_host, bench, 0);

	interp_run(interp, document);
	while (interp_running(interp)) {
		struct ncco_event event = bench_event(bench);

		if (event.type == NCCO_SPEECH)
			bench->recognising = false;
		interp_event(interp, &event);
	}
	interp_free(interp);
}

double sim_bench(const char *text, size_t length, unsigned long steps)
{
	struct ncco_document *batch[64];
	struct ncco_faults faults;
	struct bench bench = {0};
	uint64_t spent = 0, start;

	do {
		unsigned long before = bench.steps;

		for (size_t i = 0; i < ARRAY_SIZE(batch); i++) {
			if (ncco_parse_text(text, length, NULL, NULL, &batch[i], &faults) == 0)
				continue;
			ncco_faults_release(&faults);
			while (i-- > 0)
				ncco_document_free(batch[i]);
			return -EINVAL;
		}
		start = clock_mono();
		for (size_t i = 0; i < ARRAY_SIZE(batch); i++)
			bench_call(&bench, batch[i]);
		spent += clock_mono() - start;
		if (bench.steps == before)
			return -EINVAL;
	} while (bench.steps < steps);
	return (double)bench.steps * (double)USEC_PER_SEC / (double)(spent ? spent : 1);
}
