/* dtmf: sends digits to the other side. */
#include <string.h>

#include "ncco/verb.h"

#define DTMF_MAX_DIGITS 64

struct dtmf {
	struct step step;
	char *digits;
	int duration;
	int gap;
};

static const struct param dtmf_params[] = {
	{.name = "digits",
		.type = PARAM_LINE,
		.max = DTMF_MAX_DIGITS,
		.required = true,
		.bare = true,
		.offset = offsetof(struct dtmf, digits),
		.help = "0-9 * # A-D; p pauses for 500 ms."},
	{.name = "duration",
		.type = PARAM_INT,
		.min = 40,
		.max = 6000,
		.fallback = "100",
		.offset = offsetof(struct dtmf, duration),
		.help = "Milliseconds of each digit."},
	{.name = "gap",
		.type = PARAM_INT,
		.min = 30,
		.max = 6000,
		.fallback = "100",
		.offset = offsetof(struct dtmf, gap),
		.help = "Milliseconds between digits."},
	{.name = NULL},
};

static void dtmf_check(struct step *step, struct reader *reader)
{
	const char *digits = ((const struct dtmf *)step)->digits;

	if (digits && strspn(digits, "0123456789*#ABCDabcdp") != strlen(digits))
		reader_fault_at(reader, "digits", "must be of 0-9 * # A-D and p");
}

static enum step_result dtmf_start(struct interp *in, struct step *step)
{
	const struct dtmf *dtmf = (const struct dtmf *)step;

	interp_answer(in);
	interp_send_digits(in, dtmf->digits, (unsigned)dtmf->duration, (unsigned)dtmf->gap);
	return STEP_WAIT;
}

static enum step_result dtmf_event(
	struct interp *in, struct step *step, const struct ncco_event *event)
{
	if (event->type != NCCO_DIGITS_SENT)
		return STEP_WAIT;
	if (event->failed)
		return interp_fail(
			in, step, "digits", event->reason ? event->reason : "cannot be sent");
	return STEP_DONE;
}

static void dtmf_stop(struct interp *in, struct step *step)
{
	(void)step;
	interp_forget_digits(in);
}

const struct verb verb_dtmf = {
	.name = "dtmf",
	.help = "Sends digits and waits until they are sent.",
	.size = sizeof(struct dtmf),
	.params = dtmf_params,
	.check = dtmf_check,
	.start = dtmf_start,
	.event = dtmf_event,
	.stop = dtmf_stop,
};
