/* What verbs ask for: told to the host, and kept in mind. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "ncco/interp_private.h"

void interp_answer(struct interp *in)
{
	if (!in->answered)
		in->host->answer(in->ctx);
	in->answered = true;
}

void interp_answer_with(struct interp *in, struct json_object *headers)
{
	if (headers && !in->answered)
		in->host->answer_with(in->ctx, headers);
	else
		interp_answer(in);
	in->answered = true;
}

void interp_early(struct interp *in)
{
	if (!in->answered)
		in->host->early(in->ctx);
	in->early = true;
}

bool interp_audible(const struct interp *in)
{
	return in->answered || in->early;
}

void interp_prepare(struct interp *in, const struct ncco_sound *sound)
{
	in->host->prepare(in->ctx, sound);
}

void interp_play(struct interp *in, const struct ncco_sound *sound)
{
	in->sounding = true;
	in->host->play(in->ctx, sound);
}

void interp_stop_sound(struct interp *in)
{
	if (in->sounding)
		in->host->stop_sound(in->ctx);
	in->sounding = false;
}

bool interp_sounding(const struct interp *in)
{
	return in->sounding;
}

void interp_timer(struct interp *in, double seconds)
{
	uint64_t delay = (uint64_t)(seconds * (double)USEC_PER_SEC + 0.5);

	if (delay || in->timer_set)
		in->host->timer(in->ctx, delay);
	in->timer_set = delay != 0;
}

void interp_send_digits(struct interp *in, const char *digits, unsigned on_ms, unsigned gap_ms)
{
	in->sending = true;
	in->host->send_digits(in->ctx, digits, on_ms, gap_ms);
}

void interp_forget_digits(struct interp *in)
{
	if (in->sending)
		in->host->forget_digits(in->ctx);
	in->sending = false;
}

void interp_request(struct interp *in, const struct ncco_request *request)
{
	in->requested = true;
	in->host->request(in->ctx, request);
}

void interp_forget_request(struct interp *in)
{
	if (in->requested)
		in->host->forget_request(in->ctx);
	in->requested = false;
}

void interp_post(struct interp *in, const struct ncco_request *request)
{
	in->host->post(in->ctx, request);
}

unsigned interp_record(struct interp *in, struct ncco_record *record)
{
	record->number = ++in->recordings;
	in->host->record(in->ctx, record);
	return record->number;
}

void interp_record_order(struct interp *in, unsigned number, enum ncco_record_order order)
{
	in->host->record_order(in->ctx, number, order);
}

void interp_connect(struct interp *in, const struct ncco_connect *connect)
{
	in->connecting = true;
	in->host->connect(in->ctx, connect);
}

void interp_forget_connect(struct interp *in)
{
	if (in->connecting)
		in->host->forget_connect(in->ctx);
	in->connecting = false;
}

void interp_join(struct interp *in, const struct ncco_join *join)
{
	in->in_room = true;
	in->host->join(in->ctx, join);
}

void interp_leave(struct interp *in)
{
	if (in->in_room)
		in->host->leave(in->ctx);
	in->in_room = false;
}

bool interp_transfer(struct interp *in, const struct ncco_transfer *transfer)
{
	in->moved = in->host->transfer(in->ctx, transfer);
	return in->moved;
}

void interp_enqueue(struct interp *in, const struct ncco_queue *queue)
{
	in->queued = true;
	in->host->enqueue(in->ctx, queue);
}

void interp_leave_queue(struct interp *in)
{
	if (in->queued)
		in->host->leave_queue(in->ctx);
	in->queued = false;
}

void interp_dequeue(struct interp *in, const char *name)
{
	in->dequeuing = true;
	in->host->dequeue(in->ctx, name);
}

void interp_forget_dequeue(struct interp *in)
{
	if (in->dequeuing)
		in->host->forget_dequeue(in->ctx);
	in->dequeuing = false;
}

void interp_refer(struct interp *in, const struct ncco_refer *refer)
{
	in->referring = true;
	in->host->refer(in->ctx, refer);
}

void interp_forget_refer(struct interp *in)
{
	if (in->referring)
		in->host->forget_refer(in->ctx);
	in->referring = false;
}

void interp_amd(struct interp *in, const struct ncco_amd *amd)
{
	in->host->amd(in->ctx, amd);
}

void interp_transcribe(struct interp *in, const struct ncco_transcribe *transcribe)
{
	in->host->transcribe(in->ctx, transcribe);
}

void interp_fork(struct interp *in, const struct ncco_fork *fork)
{
	in->host->fork(in->ctx, fork);
}

enum step_result interp_fail(
	struct interp *in, const struct step *step, const char *option, const char *reason)
{
	char *pointer = option ? xasprintf("%s/%s", step->pointer, option) : NULL;

	in->host->error(in->ctx, pointer ? pointer : step->pointer, reason);
	free(pointer);
	return STEP_FAIL;
}

void interp_update_listening(struct interp *in)
{
	bool want = in->collecting || in->barge_in || in->async;

	if (want != in->listening)
		in->host->listen(in->ctx, want);
	in->listening = want;
}

void interp_set_barge_in(struct interp *in, bool on)
{
	in->barge_in = on;
	interp_update_listening(in);
}

bool interp_barge_in(const struct interp *in)
{
	return in->barge_in;
}

void interp_collect(struct interp *in, bool on)
{
	in->collecting = on;
	interp_update_listening(in);
}

bool interp_typed_ahead(const struct interp *in)
{
	return in->digit_count > 0;
}

char interp_take_digit(struct interp *in)
{
	char digit;

	if (in->digit_count == 0)
		return 0;
	digit = in->digits[0];
	memmove(in->digits, in->digits + 1, --in->digit_count);
	return digit;
}

void interp_post_digits(struct interp *in, const struct step *step,
	void (*post)(struct interp *interp, const struct step *step, char digit))
{
	in->async = step;
	in->async_post = post;
	interp_update_listening(in);
}

struct variables *interp_variables(struct interp *in)
{
	return &in->variables;
}

void interp_give_text(struct interp *in, enum variable_id variable, const char *text)
{
	struct json_object *value = json_object_new_string(text);

	variables_give(&in->variables, variable, value);
	json_object_put(value);
}

void interp_set_variable(struct interp *in, enum variable_id variable, struct json_object *value)
{
	variables_give(&in->variables, variable, value);
}

void interp_end_call(struct interp *in, const char *reason, struct json_object *headers)
{
	in->gone = true;
	in->host->hangup(in->ctx, reason, headers);
}

void interp_reject(struct interp *in, int status, const char *reason, struct json_object *headers)
{
	in->gone = true;
	in->host->reject(in->ctx, status, reason, headers);
}
