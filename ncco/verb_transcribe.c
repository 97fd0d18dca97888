/* transcribe: what is said is sent as text while the script goes on. */
#include "ncco/instant.h"

struct transcribe {
	struct step step;
	char *language;
	bool partial;
	bool stop;
	char *url;
	char *method;
};

static const char *const methods[] = {"GET", "POST", NULL};

static const struct param transcribe_params[] = {
	{.name = "language",
		.type = PARAM_LINE,
		.max = 35,
		.offset = offsetof(struct transcribe, language),
		.help = "The language as a BCP 47 tag; without it en-US."},
	{.name = "partial",
		.type = PARAM_BOOL,
		.fallback = "false",
		.offset = offsetof(struct transcribe, partial),
		.help = "What is understood so far is sent, too."},
	{.name = "stop",
		.type = PARAM_BOOL,
		.fallback = "false",
		.offset = offsetof(struct transcribe, stop),
		.help = "Ends it, in place of starting it."},
	{.name = "eventUrl",
		.type = PARAM_URL,
		.offset = offsetof(struct transcribe, url),
		.help = "Who gets the text; without it the application's event_url."},
	{.name = "eventMethod",
		.type = PARAM_CHOICE,
		.values = methods,
		.offset = offsetof(struct transcribe, method),
		.help = "GET or POST; without it as for the event webhook."},
	{.name = NULL},
};

static enum step_result transcribe_start(struct interp *in, struct step *step)
{
	const struct transcribe *t = (const struct transcribe *)step;

	if (t->stop) {
		interp_transcribe(in, NULL);
		return STEP_DONE;
	}
	interp_answer(in);
	interp_transcribe(in, &(struct ncco_transcribe){
				      .pointer = step->pointer,
				      .language = t->language,
				      .partial = t->partial,
				      .url = t->url,
				      .base = step->base,
				      .method = t->method,
			      });
	return STEP_DONE;
}

const struct verb verb_transcribe = {
	.name = "transcribe",
	.help = "Sends what is said as text while the script goes on.",
	.size = sizeof(struct transcribe),
	.params = transcribe_params,
	.start = transcribe_start,
	.event = instant_event,
	.stop = instant_stop,
};
