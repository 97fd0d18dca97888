/* What a script asks of the simulated world. */
#include <string.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "ncco/sim_private.h"

#define SOUND_US     (3 * USEC_PER_SEC)
#define CHAR_US	     (60 * USEC_PER_MSEC)
#define LIVE_CHAR_US (USEC_PER_SEC / 15) /* as speech is in truth */
#define KEY_US	     (500 * USEC_PER_MSEC)
#define SPEECH_US    (500 * USEC_PER_MSEC) /* until the caller speaks */
#define RING_US	     (3 * USEC_PER_SEC)
#define QUEUE_US     (20 * USEC_PER_SEC)
#define AMD_US	     (2 * USEC_PER_SEC)
#define MODERATOR_US (5 * USEC_PER_SEC)

const char *const sim_outcomes[] = {
	"answered", "machine", "busy", "failed", "rejected", "unanswered", "timeout", "full", NULL};

static void expect(struct sim *sim, enum sim_slot slot, uint64_t at, struct ncco_event event)
{
	sim->pending[slot] = (struct sim_pending){at, event};
}

static void forget(struct sim *sim, enum sim_slot slot)
{
	sim->pending[slot].at = SIM_NEVER;
}

static void sim_answer(void *ctx)
{
	sim_say(ctx, "answer", "the call is answered");
}

static void sim_answer_with(void *ctx, struct json_object *headers)
{
	sim_say(ctx, "answer", "the call is answered %s", json_print(headers));
}

static void sim_early(void *ctx)
{
	sim_say(ctx, "early", "what follows is heard before the answer");
}

static void sim_play(void *ctx, const struct ncco_sound *sound)
{
	static const char *const names[] = {"play", "say", "tone"};
	struct sim *sim = ctx;
	const char *what = names[sound->kind];
	uint64_t char_us = sim->options->caller ? LIVE_CHAR_US : CHAR_US;
	uint64_t length =
		sound->kind == NCCO_SOUND_TEXT ? char_us * strlen(sound->source) : SOUND_US;

	expect(sim, SIM_SOUND, sound->loops ? sim->now + length * sound->loops : SIM_NEVER,
		(struct ncco_event){.type = NCCO_PLAYED});
	if (sound->loops == 0)
		sim_say(sim, what, "%s (for ever)", sound->source);
	else if (sound->loops > 1)
		sim_say(sim, what, "%s (%u times)", sound->source, sound->loops);
	else
		sim_say(sim, what, "%s", sound->source);
}

static void sim_stop_sound(void *ctx)
{
	forget(ctx, SIM_SOUND);
	sim_say(ctx, "silence", "the sound is cut off");
}

static void sim_prepare(void *ctx, const struct ncco_sound *sound)
{
	(void)ctx;
	(void)sound;
}

static void sim_listen(void *ctx, bool on)
{
	struct sim *sim = ctx;

	if (on && !sim->listening && sim->options->caller)
		sim_say(sim, "listen", "digits are wanted");
	sim->listening = on;
	sim->key_at = sim->now + KEY_US;
}

static void sim_send_digits(void *ctx, const char *digits, unsigned on_ms, unsigned gap_ms)
{
	struct sim *sim = ctx;
	uint64_t at = sim->now;

	for (const char *c = digits; *c; c++)
		at += (*c == 'p' ? 500 : on_ms + gap_ms) * USEC_PER_MSEC;
	expect(sim, SIM_SENT, at, (struct ncco_event){.type = NCCO_DIGITS_SENT});
	sim_say(sim, "dtmf", "%s", digits);
}

static void sim_forget_digits(void *ctx)
{
	forget(ctx, SIM_SENT);
}

static void say_request(struct sim *sim, const struct ncco_request *request)
{
	static const char *const urls[] = {"(event_url)", "(event_url)", "(answer_url)"};
	static const char *const methods[] = {"POST", "POST", "GET"};

	sim_say(sim, "webhook", "%s %s %s",
		request->method ? request->method : methods[request->kind],
		request->url ? request->url : urls[request->kind],
		request->body ? json_print(request->body) : "");
}

static void sim_request(void *ctx, const struct ncco_request *request)
{
	struct sim *sim = ctx;

	sim->requested = true;
	sim->redirecting = request->kind == NCCO_REQUEST_REDIRECT;
	say_request(sim, request);
}

static void sim_forget_request(void *ctx)
{
	((struct sim *)ctx)->requested = false;
}

static void sim_post(void *ctx, const struct ncco_request *request)
{
	say_request(ctx, request);
}

static void sim_record(void *ctx, const struct ncco_record *record)
{
	struct sim *sim = ctx;
	uint64_t silence = record->end_on_silence_s * USEC_PER_SEC;

	if (record->synchronous)
		expect(sim, SIM_RECORDED, silence ? sim->now + silence : SIM_NEVER,
			(struct ncco_event){.type = NCCO_RECORDED, .number = record->number});
	sim_say(sim, "record", "recording %u starts%s", record->number,
		record->synchronous ? ", waited for" : "");
}

static void sim_record_order(void *ctx, unsigned number, enum ncco_record_order order)
{
	static const char *const names[] = {"ends", "pauses", "goes on"};
	struct sim *sim = ctx; /* number 0: all of them */
	struct sim_pending *recorded = &sim->pending[SIM_RECORDED];

	if (order == NCCO_RECORD_STOP && number && number == recorded->event.number)
		recorded->at = sim->now;
	sim_say(sim, "record", "recording %u %s", number, names[order]);
}

static void add_endpoint(struct strbuf *out, const struct ncco_endpoint *endpoint)
{
	static const char *const types[] = {"phone", "sip", "app", "websocket", "extension"};

	strbuf_addf(
		out, "%s%s %s", out->length ? ", " : "", types[endpoint->type], endpoint->target);
	if (endpoint->type == NCCO_WEBSOCKET)
		strbuf_addf(out, " at %u Hz", endpoint->rate);
	if (endpoint->headers && json_object_object_length(endpoint->headers) > 0)
		strbuf_addf(out, " %s", json_print(endpoint->headers));
	if (endpoint->dtmf_answer)
		strbuf_addf(out, ", then digits %s", endpoint->dtmf_answer);
	if (endpoint->answer_url)
		strbuf_addf(out, ", which first hears %s", endpoint->answer_url);
}

/* What becomes of who is called next; NULL: it is connected. */
static const char *next_failure(struct sim *sim)
{
	const char *outcome = sim->outcomes < sim->options->outcome_count
				      ? sim->options->outcomes[sim->outcomes++]
				      : sim_outcomes[0];

	sim->machine = strcmp(outcome, "machine") == 0;
	return sim->machine || strcmp(outcome, "answered") == 0 ? NULL : outcome;
}

static bool takes_time(const char *failure)
{
	return failure && (strcmp(failure, "timeout") == 0 || strcmp(failure, "unanswered") == 0);
}

static void sim_connect(void *ctx, const struct ncco_connect *connect)
{
	struct sim *sim = ctx;
	struct strbuf who = STRBUF_INIT;
	const char *failure = next_failure(sim);
	uint64_t rings = takes_time(failure) ? connect->timeout_s * USEC_PER_SEC : RING_US;

	for (unsigned i = 0; i < connect->count; i++)
		add_endpoint(&who, &connect->endpoints[i]);
	sim_say(sim, "connect", "%s%s%s", who.data, connect->from ? ", from " : "",
		connect->from ? connect->from : "");
	expect(sim, SIM_CONNECTED, sim->now + rings,
		(struct ncco_event){
			.type = NCCO_CONNECTED, .failed = failure != NULL, .reason = failure});
	strbuf_release(&who);
}

static void sim_forget_connect(void *ctx)
{
	forget(ctx, SIM_CONNECTED);
	sim_say(ctx, "connect", "the call to the other side is cancelled");
}

static void sim_join(void *ctx, const struct ncco_join *join)
{
	struct sim *sim = ctx;
	uint64_t waits = join->start_on_enter ? 0 : MODERATOR_US;

	sim_say(sim, "room", "into %s%s%s%s", join->name, join->mute ? ", muted" : "",
		join->end_on_exit ? ", which ends with this leg" : "",
		join->start_on_enter ? "" : ", waiting for its start");
	if (join->record)
		sim_say(sim, "record", "the room is recorded");
	expect(sim, SIM_ROOM, sim->now + waits, (struct ncco_event){.type = NCCO_JOINED});
}

static void sim_leave(void *ctx)
{
	forget(ctx, SIM_ROOM);
	sim_say(ctx, "room", "left");
}

static bool sim_transfer(void *ctx, const struct ncco_transfer *transfer)
{
	struct sim *sim = ctx;

	sim->over = true;
	sim_say(sim, "transfer", "all go over into %s, whose scripts go on",
		transfer->conversation);
	return true;
}

static void sim_recognise(void *ctx, const struct ncco_speech *speech)
{
	struct sim *sim = ctx;

	sim->silence = (uint64_t)(speech->end_on_silence_s * (double)USEC_PER_SEC);
	sim->start_timeout =
		speech->start_timeout_s ? speech->start_timeout_s * USEC_PER_SEC : SIM_NEVER;
	sim_say(sim, "listen", "for speech%s%s", speech->language ? " in " : "",
		speech->language ? speech->language : "");
	if (sim->speeches < sim->options->speech_count)
		expect(sim, SIM_SPEECH, sim->now + SPEECH_US,
			(struct ncco_event){.type = NCCO_SPEECH_BEGAN});
}

/* Nothing is said, and that is told, too. */
static void sim_speech_clock(void *ctx)
{
	struct sim *sim = ctx;

	if (sim->pending[SIM_SPEECH].at == SIM_NEVER && sim->start_timeout != SIM_NEVER)
		expect(sim, SIM_SPEECH, sim->now + sim->start_timeout,
			(struct ncco_event){.type = NCCO_SPEECH, .final = true, .text = ""});
}

static void sim_forget_speech(void *ctx)
{
	forget(ctx, SIM_SPEECH);
}

static void sim_finish_speech(void *ctx)
{
	struct sim *sim = ctx;

	if (sim->pending[SIM_SPEECH].at != SIM_NEVER)
		sim->pending[SIM_SPEECH].at = sim->now;
}

void sim_speak(struct sim *sim)
{
	const char *text = sim->options->speeches[sim->speeches++];

	sim_say(sim, "caller", "says: %s", text);
	expect(sim, SIM_SPEECH, sim->now + CHAR_US * strlen(text) + sim->silence,
		(struct ncco_event){.type = NCCO_SPEECH, .final = true, .text = text});
}

static void sim_enqueue(void *ctx, const struct ncco_queue *queue)
{
	struct sim *sim = ctx;
	const char *failure = next_failure(sim);

	sim_say(sim, "queue", "into %s with priority %d", queue->name, queue->priority);
	if (!failure)
		expect(sim, SIM_POSITION, sim->now,
			(struct ncco_event){.type = NCCO_QUEUE_POSITION, .number = 2});
	if (!takes_time(failure))
		expect(sim, SIM_CONNECTED, sim->now + (failure ? 0 : QUEUE_US),
			(struct ncco_event){
				.type = NCCO_CONNECTED, .failed = failure, .reason = failure});
}

static void sim_leave_queue(void *ctx)
{
	forget(ctx, SIM_POSITION);
	forget(ctx, SIM_CONNECTED);
	sim_say(ctx, "queue", "left");
}

static void sim_dequeue(void *ctx, const char *name)
{
	struct sim *sim = ctx;
	const char *failure = next_failure(sim);

	sim_say(sim, "queue", "the next caller of %s is wanted", name);
	if (!failure)
		expect(sim, SIM_CONNECTED, sim->now + RING_US,
			(struct ncco_event){.type = NCCO_CONNECTED});
}

static void sim_forget_dequeue(void *ctx)
{
	forget(ctx, SIM_CONNECTED);
	sim_say(ctx, "queue", "no caller is wanted any more");
}

static void sim_amd(void *ctx, const struct ncco_amd *amd)
{
	struct sim *sim = ctx;

	sim_say(sim, "amd", "who is there?%s", amd->hangup ? " A machine ends the call" : "");
	expect(sim, SIM_AMD, sim->now + AMD_US, (struct ncco_event){.type = NCCO_AMD});
}

static void sim_transcribe(void *ctx, const struct ncco_transcribe *transcribe)
{
	if (!transcribe)
		sim_say(ctx, "text", "what is said is no longer sent");
	else
		sim_say(ctx, "text", "what is said is sent to %s%s%s",
			transcribe->url ? transcribe->url : "(event_url)",
			transcribe->language ? " in " : "",
			transcribe->language ? transcribe->language : "");
}

static void sim_fork(void *ctx, const struct ncco_fork *fork)
{
	static const char *const tracks[] = {
		"what the caller says", "what the caller hears", "both sides"};

	if (!fork)
		sim_say(ctx, "fork", "ends");
	else
		sim_say(ctx, "fork", "%s to %s at %u Hz%s%s", tracks[fork->track], fork->url,
			fork->rate, fork->twilio ? ", as Twilio does" : "",
			fork->bidirectional ? ", which may answer" : "");
}

static void sim_refer(void *ctx, const struct ncco_refer *refer)
{
	struct sim *sim = ctx;
	const char *failure = next_failure(sim);

	sim_say(sim, "refer", "the caller's side calls %s", refer->to);
	expect(sim, SIM_REFERRED,
		sim->now + (takes_time(failure) ? refer->timeout_s * USEC_PER_SEC : RING_US),
		(struct ncco_event){.type = NCCO_REFERRED, .number = failure ? 486 : 200});
}

static void sim_forget_refer(void *ctx)
{
	forget(ctx, SIM_REFERRED);
}

static void sim_timer(void *ctx, uint64_t delay_us)
{
	struct sim *sim = ctx;

	expect(sim, SIM_TIMER, delay_us ? sim->now + delay_us : SIM_NEVER,
		(struct ncco_event){.type = NCCO_TIMER});
	if (delay_us && sim->options->caller)
		sim_say(sim, "wait", "%.1f s%s", (double)delay_us / (double)USEC_PER_SEC,
			sim->listening ? " for a digit" : "");
}

static void sim_hangup(void *ctx, const char *reason, struct json_object *headers)
{
	struct sim *sim = ctx;

	sim->over = true;
	sim_say(sim, "hangup", "%s%s%s", reason ? reason : "", reason && headers ? " " : "",
		headers ? json_print(headers) : "");
}

static void sim_reject(void *ctx, int status, const char *reason, struct json_object *headers)
{
	struct sim *sim = ctx;

	sim->over = true;
	sim_say(sim, "reject", "%d%s%s%s%s", status, reason ? " " : "", reason ? reason : "",
		headers ? " " : "", headers ? json_print(headers) : "");
}

static void sim_error(void *ctx, const char *pointer, const char *reason)
{
	sim_say(ctx, "error", "%s: %s", pointer, reason);
}

static void sim_step(void *ctx, const char *pointer, const char *action, bool ended)
{
	if (!ended)
		sim_say(ctx, "step", "%s %s", pointer, action);
}

static void sim_finished(void *ctx)
{
	struct sim *sim = ctx;

	sim->over = true;
	sim_say(sim, "end",
		sim->connected ? "all steps are done, the connection lasts until one side hangs up"
			       : "all steps are done, the call ends");
}

const struct ncco_host sim_host = {
	.answer = sim_answer,
	.answer_with = sim_answer_with,
	.early = sim_early,
	.play = sim_play,
	.stop_sound = sim_stop_sound,
	.prepare = sim_prepare,
	.listen = sim_listen,
	.send_digits = sim_send_digits,
	.forget_digits = sim_forget_digits,
	.request = sim_request,
	.forget_request = sim_forget_request,
	.post = sim_post,
	.record = sim_record,
	.record_order = sim_record_order,
	.connect = sim_connect,
	.forget_connect = sim_forget_connect,
	.join = sim_join,
	.leave = sim_leave,
	.transfer = sim_transfer,
	.enqueue = sim_enqueue,
	.leave_queue = sim_leave_queue,
	.dequeue = sim_dequeue,
	.forget_dequeue = sim_forget_dequeue,
	.recognise = sim_recognise,
	.speech_clock = sim_speech_clock,
	.forget_speech = sim_forget_speech,
	.finish_speech = sim_finish_speech,
	.amd = sim_amd,
	.transcribe = sim_transcribe,
	.fork = sim_fork,
	.refer = sim_refer,
	.forget_refer = sim_forget_refer,
	.timer = sim_timer,
	.hangup = sim_hangup,
	.reject = sim_reject,
	.error = sim_error,
	.step = sim_step,
	.finished = sim_finished,
};
