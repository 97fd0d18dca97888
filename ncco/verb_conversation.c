/* conversation, conference: into a room with a name, until it is over for this leg. */
#include "ncco/hearing.h"
#include "ncco/transcription.h"

struct conversation {
	struct step step;
	char *name;
	char *music;
	bool start_on_enter;
	bool end_on_exit;
	struct hearing hearing;
	int limit;
	bool record;
	struct transcription transcription;
	char *url;
	char *method;
};

static const char *const methods[] = {"GET", "POST", NULL};

static const struct param transcription_params[] = {
	TRANSCRIPTION_PARAMS(struct conversation, transcription),
	{.name = NULL},
};

static const struct param conversation_params[] = {
	{.name = "name",
		.type = PARAM_LINE,
		.max = 128,
		.required = true,
		.bare = true,
		.offset = offsetof(struct conversation, name),
		.help = "The room's name; each application has rooms of its own."},
	{.name = "musicOnHoldUrl",
		.type = PARAM_MEDIA,
		.offset = offsetof(struct conversation, music),
		.help = "What is heard, over and over, until the conversation starts."},
	{.name = "startOnEnter",
		.type = PARAM_BOOL,
		.fallback = "true",
		.offset = offsetof(struct conversation, start_on_enter),
		.help = "The conversation starts when this leg enters; with false the leg waits "
			"for one that starts it."},
	{.name = "endOnExit",
		.type = PARAM_BOOL,
		.fallback = "false",
		.offset = offsetof(struct conversation, end_on_exit),
		.help = "The conversation is over for all when this leg leaves."},
	HEARING_PARAMS(struct conversation),
	{.name = "limit",
		.aliases = {"maxMembers"},
		.type = PARAM_INT,
		.min = 1,
		.max = 1000,
		.offset = offsetof(struct conversation, limit),
		.help = "How many legs there may be with this one; without it as many as are "
			"configured."},
	{.name = "record",
		.type = PARAM_BOOL,
		.fallback = "false",
		.offset = offsetof(struct conversation, record),
		.help = "Records the conversation from its start."},
	{.name = "transcription",
		.type = PARAM_GROUP,
		.members = transcription_params,
		.help = "Asks for the text of the recording."},
	{.name = "eventUrl",
		.type = PARAM_URL,
		.offset = offsetof(struct conversation, url),
		.help = "Who is told of the recording; without it the application's event_url."},
	{.name = "eventMethod",
		.type = PARAM_CHOICE,
		.values = methods,
		.offset = offsetof(struct conversation, method),
		.help = "GET or POST; without it as for the event webhook."},
	{.name = NULL},
};

static void conversation_parse(struct step *step, struct reader *reader)
{
	((struct conversation *)step)->transcription.given = reader_has(reader, "transcription");
}

static void conversation_check(struct step *step, struct reader *reader)
{
	hearing_check(&((const struct conversation *)step)->hearing, reader);
}

/* Whoever starts the conversation has nothing to wait for. */
static bool conversation_sound(const struct step *step, struct ncco_sound *ret_sound)
{
	const struct conversation *c = (const struct conversation *)step;

	*ret_sound = (struct ncco_sound){
		.kind = NCCO_SOUND_URL, .source = c->music, .base = step->base, .loops = 0};
	return c->music && !c->start_on_enter;
}

static enum step_result conversation_start(struct interp *in, struct step *step)
{
	const struct conversation *c = (const struct conversation *)step;
	struct ncco_transcription transcription;
	struct ncco_sound sound;
	struct ncco_join join = {
		.pointer = step->pointer,
		.name = c->name,
		.start_on_enter = c->start_on_enter,
		.end_on_exit = c->end_on_exit,
		.mute = c->hearing.mute,
		.has_can_speak = c->hearing.can_speak != NULL,
		.has_can_hear = c->hearing.can_hear != NULL,
		.can_speak = (const char *const *)c->hearing.can_speak,
		.can_hear = (const char *const *)c->hearing.can_hear,
		.max_members = (unsigned)c->limit,
		.record = c->record,
		.transcription = transcription_fill(&c->transcription, step->base, &transcription),
		.url = c->url,
		.base = step->base,
		.method = c->method,
	};

	interp_answer(in);
	interp_join(in, &join);
	if (conversation_sound(step, &sound))
		interp_play(in, &sound);
	return STEP_WAIT;
}

static enum step_result conversation_event(
	struct interp *in, struct step *step, const struct ncco_event *event)
{
	switch (event->type) {
	case NCCO_PLAY_FAILED: /* without music it is silent */
		interp_fail(in, step, "musicOnHoldUrl",
			event->reason ? event->reason : "cannot be played");
		return STEP_WAIT;
	case NCCO_JOINED:
		interp_stop_sound(in);
		return STEP_WAIT;
	case NCCO_LEFT:
		return event->failed ? interp_fail(in, step, "name",
					       event->reason ? event->reason : "cannot be entered")
				     : STEP_DONE;
	default:
		return STEP_WAIT;
	}
}

static void conversation_stop(struct interp *in, struct step *step)
{
	(void)step;
	interp_leave(in);
	interp_stop_sound(in);
}

const struct verb verb_conversation = {
	.name = "conversation",
	.aliases = {"conference"},
	.help = "Enters a room with a name, and stays until its conversation is over.",
	.size = sizeof(struct conversation),
	.params = conversation_params,
	.parse = conversation_parse,
	.check = conversation_check,
	.start = conversation_start,
	.event = conversation_event,
	.stop = conversation_stop,
	.sound = conversation_sound,
};
