/* connect: calls somebody into the conversation.
 *
 * The caller hears what the script says, else, once there is anything to be heard, the tone of
 * ringing; a phone that has not been answered goes on ringing by itself. */
#include <string.h>

#include "ncco/amd_options.h"
#include "ncco/endpoint.h"

struct connect {
	struct step step;
	struct entries endpoints;
	char *from;
	bool random_from;
	char *event_type;
	int timeout;
	int limit;
	char *machine_detection;
	struct amd_options amd;
	bool amd_given;
	char *ringback;
	char *url;
	char *method;

	bool tone; /* what is heard is the tone, there is nothing else to fall back on */
};

static const char *const event_types[] = {"synchronous", "asynchronous", NULL};
static const char *const methods[] = {"GET", "POST", NULL};

static const struct param amd_params[] = {
	AMD_PARAMS(struct connect, amd),
	{.name = NULL},
};

static const struct param connect_params[] = {
	{.name = "endpoint",
		.type = PARAM_ENTRIES,
		.kinds = endpoint_kinds,
		.most = NCCO_MAX_ENDPOINTS,
		.required = true,
		.offset = offsetof(struct connect, endpoints),
		.help = "Who is called: one endpoint, or an array; several ring at once, and the "
			"first that answers is connected."},
	{.name = "from",
		.type = PARAM_LINE,
		.max = 255,
		.bare = true,
		.offset = offsetof(struct connect, from),
		.help = "The number that the callee sees; without it the caller's."},
	{.name = "randomFromNumber",
		.aliases = {"random_from_number"},
		.type = PARAM_BOOL,
		.fallback = "false",
		.offset = offsetof(struct connect, random_from),
		.help = "The callee sees one of the application's numbers."},
	{.name = "eventType",
		.type = PARAM_CHOICE,
		.values = event_types,
		.offset = offsetof(struct connect, event_type),
		.help = "synchronous: a script in the answer to an event of the callee replaces "
			"this one."},
	{.name = "timeout",
		.aliases = {"timeOut"},
		.type = PARAM_INT,
		.min = 1,
		.max = 7200,
		.fallback = "60",
		.offset = offsetof(struct connect, timeout),
		.help = "Seconds that it rings at most."},
	{.name = "limit",
		.type = PARAM_INT,
		.min = 0,
		.max = 7200,
		.fallback = "7200",
		.offset = offsetof(struct connect, limit),
		.help = "Seconds that the connection lasts at most; 0: no limit."},
	{.name = "machineDetection",
		.aliases = {"machine_detection"},
		.type = PARAM_CHOICE,
		.values = amd_behaviors,
		.offset = offsetof(struct connect, machine_detection),
		.help = "What follows when a machine answers: continue, or hangup."},
	{.name = "advancedMachineDetection",
		.aliases = {"advanced_machine_detection"},
		.type = PARAM_GROUP,
		.members = amd_params,
		.help = "More about machines, in place of machineDetection."},
	{.name = "ringbackTone",
		.type = PARAM_MEDIA,
		.offset = offsetof(struct connect, ringback),
		.help = "What the caller hears, over and over, until the callee answers."},
	{.name = "eventUrl",
		.type = PARAM_URL,
		.offset = offsetof(struct connect, url),
		.help = "Who gets the events of the callee; without it the application's "
			"event_url."},
	{.name = "eventMethod",
		.type = PARAM_CHOICE,
		.values = methods,
		.offset = offsetof(struct connect, method),
		.help = "GET or POST; without it as for the event webhook."},
	{.name = NULL},
};

static void connect_parse(struct step *step, struct reader *reader)
{
	struct connect *c = (struct connect *)step;

	c->amd_given = reader_has(reader, "advancedMachineDetection");
}

static void connect_check(struct step *step, struct reader *reader)
{
	const struct connect *c = (const struct connect *)step;

	if (c->random_from && c->from)
		reader_fault_at(reader, "randomFromNumber", "cannot be true beside \"from\"");
}

static bool connect_sound(const struct step *step, struct ncco_sound *ret_sound)
{
	const struct connect *c = (const struct connect *)step;
	const char *source = c->ringback;

	for (unsigned i = 0; i < c->endpoints.count && !source; i++)
		source = endpoint_ringback(c->endpoints.items[i]);
	*ret_sound = (struct ncco_sound){
		.kind = NCCO_SOUND_URL, .source = source, .base = step->base, .loops = 0};
	return source != NULL;
}

static void play_tone(struct interp *in, struct connect *c)
{
	c->tone = true;
	if (interp_audible(in))
		interp_play(
			in, &(struct ncco_sound){.kind = NCCO_SOUND_TONE, .source = "ringback"});
}

static void ring(struct interp *in, struct connect *c)
{
	struct ncco_sound sound;

	c->tone = false;
	if (!connect_sound(&c->step, &sound)) {
		play_tone(in, c);
		return;
	}
	interp_early(in);
	interp_play(in, &sound);
}

/* False: nobody asked for it. */
static bool fill_amd(const struct connect *c, struct ncco_amd *ret_amd)
{
	amd_fill(&c->amd, ret_amd);
	if (!c->amd_given && c->machine_detection)
		ret_amd->hangup = strcmp(c->machine_detection, "hangup") == 0;
	ret_amd->url = c->url;
	ret_amd->base = c->step.base;
	ret_amd->method = c->method;
	return c->amd_given || c->machine_detection;
}

static enum step_result connect_start(struct interp *in, struct step *step)
{
	struct connect *c = (struct connect *)step;
	struct ncco_endpoint endpoints[NCCO_MAX_ENDPOINTS];
	struct ncco_amd amd;
	struct ncco_connect connect = {
		.pointer = step->pointer,
		.endpoints = endpoints,
		.count = c->endpoints.count,
		.from = c->from,
		.random_from = c->random_from,
		.synchronous = c->event_type && strcmp(c->event_type, "synchronous") == 0,
		.timeout_s = (unsigned)c->timeout,
		.limit_s = (unsigned)c->limit,
		.amd = fill_amd(c, &amd) ? &amd : NULL,
		.url = c->url,
		.base = step->base,
		.method = c->method,
	};

	for (unsigned i = 0; i < c->endpoints.count; i++)
		endpoint_fill(c->endpoints.items[i], &endpoints[i]);
	interp_connect(in, &connect);
	ring(in, c);
	return STEP_WAIT;
}

/* A call that is not answered is no error: onError decides, its events tell the application. */
static enum step_result on_connected(struct interp *in, const struct ncco_event *event)
{
	interp_stop_sound(in);
	if (event->failed)
		return STEP_FAIL;
	interp_answer(in);
	return STEP_DONE;
}

static enum step_result connect_event(
	struct interp *in, struct step *step, const struct ncco_event *event)
{
	struct connect *c = (struct connect *)step;

	switch (event->type) {
	case NCCO_PLAY_FAILED:
		if (c->tone)
			return STEP_WAIT;
		interp_fail(in, step, "ringbackTone",
			event->reason ? event->reason : "cannot be played");
		play_tone(in, c);
		return STEP_WAIT;
	case NCCO_EARLY_MEDIA:
		interp_stop_sound(in);
		interp_early(in);
		return STEP_WAIT;
	case NCCO_CONNECTED:
		return on_connected(in, event);
	default:
		return STEP_WAIT;
	}
}

static void connect_stop(struct interp *in, struct step *step)
{
	(void)step;
	interp_forget_connect(in);
	interp_stop_sound(in);
}

const struct verb verb_connect = {
	.name = "connect",
	.help = "Calls somebody into the conversation.",
	.size = sizeof(struct connect),
	.params = connect_params,
	.parse = connect_parse,
	.check = connect_check,
	.start = connect_start,
	.event = connect_event,
	.stop = connect_stop,
	.sound = connect_sound,
};
