/* transfer: with all of this conversation into another one, whose scripts go on. */
#include "ncco/hearing.h"
#include "ncco/instant.h"

struct transfer {
	struct step step;
	char *conversation;
	struct hearing hearing;
};

static const struct param transfer_params[] = {
	{.name = "conversationId",
		.aliases = {"conversation_id", "conversationUuid"},
		.type = PARAM_LINE,
		.max = 64,
		.required = true,
		.offset = offsetof(struct transfer, conversation),
		.help = "conversation_uuid of the other conversation, CON-..."},
	HEARING_PARAMS(struct transfer),
	{.name = NULL},
};

static void transfer_check(struct step *step, struct reader *reader)
{
	hearing_check(&((const struct transfer *)step)->hearing, reader);
}

static enum step_result transfer_start(struct interp *in, struct step *step)
{
	const struct transfer *t = (const struct transfer *)step;
	bool moved;

	interp_answer(in);
	moved = interp_transfer(in, &(struct ncco_transfer){
					    .conversation = t->conversation,
					    .mute = t->hearing.mute,
					    .has_can_speak = t->hearing.can_speak != NULL,
					    .has_can_hear = t->hearing.can_hear != NULL,
					    .can_speak = (const char *const *)t->hearing.can_speak,
					    .can_hear = (const char *const *)t->hearing.can_hear,
				    });
	return moved ? STEP_DONE
		     : interp_fail(in, step, step->option, "there is no such conversation");
}

const struct verb verb_transfer = {
	.name = "transfer",
	.help = "Moves all legs of the conversation into another one.",
	.size = sizeof(struct transfer),
	.params = transfer_params,
	.ends_script = true,
	.check = transfer_check,
	.start = transfer_start,
	.event = instant_event,
	.stop = instant_stop,
};
