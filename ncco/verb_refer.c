/* refer: asks the other side to call somebody else in place of us (RFC 3515). */
#include <string.h>

#include "ncco/verb.h"

struct refer {
	struct step step;
	char *to;
	struct json_object *headers;
	int timeout;
};

static const struct param refer_params[] = {
	{.name = "to",
		.type = PARAM_LINE,
		.max = 512,
		.required = true,
		.bare = true,
		.offset = offsetof(struct refer, to),
		.help = "A SIP or tel URI, or a number, which is dialled where the call came "
			"from."},
	{.name = "headers",
		.type = PARAM_HEADERS,
		.offset = offsetof(struct refer, headers),
		.help = "SIP headers of the REFER, such as Referred-By."},
	{.name = "timeout",
		.aliases = {"timeOut"},
		.type = PARAM_INT,
		.min = 1,
		.max = 300,
		.fallback = "60",
		.offset = offsetof(struct refer, timeout),
		.help = "Seconds until the other side must have told how that ended."},
	{.name = NULL},
};

static bool is_number(const char *text)
{
	text += *text == '+';
	return *text && strspn(text, "0123456789*#") == strlen(text);
}

static void refer_check(struct step *step, struct reader *reader)
{
	const char *to = ((const struct refer *)step)->to, *fault;

	if (!to || is_number(to))
		return;
	if (strncmp(to, "tel:", 4) == 0)
		fault = to[4] && !strpbrk(to, " <>\"") ? NULL : "is no tel URI";
	else
		fault = sip_uri_fault(to);
	if (fault)
		reader_fault_at(reader, "to", "%s", fault);
}

static enum step_result refer_start(struct interp *in, struct step *step)
{
	const struct refer *r = (const struct refer *)step;

	interp_answer(in);
	interp_refer(
		in, &(struct ncco_refer){
			    .to = r->to, .headers = r->headers, .timeout_s = (unsigned)r->timeout});
	return STEP_WAIT;
}

/* A call that has been replaced is over. That the other one was refused is no error. */
static enum step_result refer_event(
	struct interp *in, struct step *step, const struct ncco_event *event)
{
	if (event->type != NCCO_REFERRED)
		return STEP_WAIT;
	if (event->failed)
		return interp_fail(
			in, step, "to", event->reason ? event->reason : "cannot be called");
	if (event->number >= 300)
		return STEP_FAIL;
	interp_end_call(in, NULL, NULL);
	return STEP_DONE;
}

static void refer_stop(struct interp *in, struct step *step)
{
	(void)step;
	interp_forget_refer(in);
}

const struct verb verb_refer = {
	.name = "refer",
	.help = "Asks the caller's side to call somebody else instead.",
	.size = sizeof(struct refer),
	.params = refer_params,
	.ends_script = true,
	.check = refer_check,
	.start = refer_start,
	.event = refer_event,
	.stop = refer_stop,
};
