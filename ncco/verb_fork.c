/* fork: what is heard is copied to a program while the script goes on. */
#include <string.h>

#include "ncco/authorization.h"
#include "ncco/instant.h"
#include "ncco/order_verbs.h"

#define TWILIO_RATE  8000
#define DEFAULT_RATE 16000

struct fork {
	struct step step;
	char *url;
	char *track;
	int rate; /* 0: by dialect */
	char *dialect;
	bool bidirectional;
	struct json_object *headers;
	struct authorization authorization;
	bool stop;
};

/* In the order of enum ncco_fork_track. */
static const char *const tracks[] = {"inbound", "outbound", "both", NULL};
static const char *const dialects[] = {"vonage", "twilio", NULL};

static const struct param authorization_params[] = {
	AUTHORIZATION_PARAMS(struct fork, authorization),
	{.name = NULL},
};

static const struct param fork_params[] = {
	{.name = "url",
		.aliases = {"uri"},
		.type = PARAM_LINE,
		.max = NCCO_MAX_URL,
		.offset = offsetof(struct fork, url),
		.help = "A ws or wss URL."},
	{.name = "track",
		.type = PARAM_CHOICE,
		.values = tracks,
		.fallback = "\"both\"",
		.offset = offsetof(struct fork, track),
		.help = "inbound: what the caller says; outbound: what the caller hears; both: "
			"one each, apart."},
	{.name = "rate",
		.type = PARAM_INT,
		.offset = offsetof(struct fork, rate),
		.help = "Samples in a second: 8000, 16000 or 24000; without it 16000, of the "
			"dialect twilio 8000."},
	{.name = "dialect",
		.type = PARAM_CHOICE,
		.values = dialects,
		.fallback = "\"vonage\"",
		.offset = offsetof(struct fork, dialect),
		.help = "vonage: binary frames of linear samples; twilio: JSON with mu-law in "
			"base64."},
	{.name = "bidirectional",
		.type = PARAM_BOOL,
		.fallback = "false",
		.offset = offsetof(struct fork, bidirectional),
		.help = "What comes back is mixed into the call."},
	{.name = "headers",
		.type = PARAM_OBJECT,
		.max = 4096,
		.offset = offsetof(struct fork, headers),
		.help = "Members of the first message, up to 4096 bytes of JSON."},
	{.name = "authorization",
		.type = PARAM_GROUP,
		.members = authorization_params,
		.help = "The Authorization header of the handshake."},
	{.name = "stop",
		.type = PARAM_BOOL,
		.fallback = "false",
		.offset = offsetof(struct fork, stop),
		.help = "Ends it, in place of starting it."},
	{.name = NULL},
};

static bool is_twilio(const struct fork *f)
{
	return f->dialect && strcmp(f->dialect, "twilio") == 0;
}

static void fork_parse(struct step *step, struct reader *reader)
{
	if (!reader_has(reader, "url") && !((const struct fork *)step)->stop)
		reader_fault(reader, "\"url\" is missing");
}

static void fork_check(struct step *step, struct reader *reader)
{
	const struct fork *f = (const struct fork *)step;
	const char *fault = f->url ? websocket_url_fault(f->url) : NULL;

	if (fault)
		reader_fault_at(reader, "url", "%s", fault);
	if (f->rate && f->rate != 8000 && f->rate != 16000 && f->rate != 24000)
		reader_fault_at(reader, "rate", "must be 8000, 16000 or 24000");
	else if (f->rate && f->rate != TWILIO_RATE && is_twilio(f))
		reader_fault_at(reader, "rate", "is 8000 in the dialect twilio");
	authorization_check(&f->authorization, reader);
}

void fork_fill(const struct step *step, struct ncco_fork *ret)
{
	const struct fork *f = (const struct fork *)step;

	*ret = (struct ncco_fork){
		.pointer = step->pointer,
		.url = f->url,
		.rate = f->rate	       ? (unsigned)f->rate
			: is_twilio(f) ? TWILIO_RATE
				       : DEFAULT_RATE,
		.twilio = is_twilio(f),
		.bidirectional = f->bidirectional,
		.headers = f->headers,
		.authorization = f->authorization.type,
		.authorization_value = f->authorization.value,
	};
	while (strcmp(tracks[ret->track], f->track) != 0)
		ret->track++;
}

static enum step_result fork_start(struct interp *in, struct step *step)
{
	struct ncco_fork fork;

	if (((const struct fork *)step)->stop) {
		interp_fork(in, NULL);
		return STEP_DONE;
	}
	fork_fill(step, &fork);
	interp_answer(in);
	interp_fork(in, &fork);
	return STEP_DONE;
}

const struct verb verb_fork = {
	.name = "fork",
	.help = "Copies what is heard to a program while the script goes on.",
	.size = sizeof(struct fork),
	.params = fork_params,
	.parse = fork_parse,
	.check = fork_check,
	.start = fork_start,
	.event = instant_event,
	.stop = instant_stop,
};
