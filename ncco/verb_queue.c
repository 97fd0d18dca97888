/* queue: waits until somebody takes the caller.
 *
 * The place in the queue is said when it is known and when it has changed, with music between. */
#include <string.h>

#include "base/mem.h"
#include "ncco/template.h"

struct queue {
	struct step step;
	char *name;
	char *music;
	struct template *announcement;
	char *language;
	char *voice;
	int max_size;
	int timeout;
	int priority;

	unsigned position, announced; /* 0: not yet */
	bool announcing;
};

static const struct param queue_params[] = {
	{.name = "name",
		.type = PARAM_LINE,
		.max = 128,
		.required = true,
		.bare = true,
		.offset = offsetof(struct queue, name),
		.help = "The queue's name; each application has queues of its own."},
	{.name = "musicOnHoldUrl",
		.aliases = {"waitUrl"},
		.type = PARAM_MEDIA,
		.offset = offsetof(struct queue, music),
		.help = "What is heard, over and over, while waiting."},
	{.name = "announcePosition",
		.type = PARAM_TEMPLATE,
		.max = 1000,
		.standard = "You are number ${position} in the queue.",
		.offset = offsetof(struct queue, announcement),
		.help = "A text that is said when the place in the queue has changed, with "
			"${position} in it; true: one in English."},
	{.name = "language",
		.type = PARAM_LINE,
		.max = 35,
		.offset = offsetof(struct queue, language),
		.help = "The language of that text as a BCP 47 tag."},
	{.name = "voiceName",
		.aliases = {"voice"},
		.type = PARAM_LINE,
		.max = 100,
		.offset = offsetof(struct queue, voice),
		.help = "Name of the voice."},
	{.name = "maxSize",
		.type = PARAM_INT,
		.min = 1,
		.max = 10000,
		.offset = offsetof(struct queue, max_size),
		.help = "How many may wait with this one; without it as many as are configured."},
	{.name = "timeout",
		.aliases = {"timeOut"},
		.type = PARAM_INT,
		.min = 1,
		.max = 86400,
		.offset = offsetof(struct queue, timeout),
		.help = "Seconds to wait at most; without it there is no limit."},
	{.name = "priority",
		.type = PARAM_INT,
		.min = -1000,
		.max = 1000,
		.fallback = "0",
		.offset = offsetof(struct queue, priority),
		.help = "Who has a higher one is taken earlier."},
	{.name = NULL},
};

static void play_music(struct interp *in, const struct queue *q)
{
	if (q->music)
		interp_play(in, &(struct ncco_sound){.kind = NCCO_SOUND_URL,
					.source = q->music,
					.base = q->step.base,
					.loops = 0});
}

/* False after an error was told. */
static bool say_position(struct interp *in, struct queue *q)
{
	struct strbuf pointer = STRBUF_INIT;
	struct json_object *text = NULL;
	struct expr_fault fault;
	int err = template_make(q->announcement, interp_variables(in), &text, &pointer, &fault);

	strbuf_release(&pointer);
	q->announced = q->position;
	if (err < 0) {
		interp_fail(in, &q->step, "announcePosition", fault.text);
		return false;
	}
	q->announcing = true;
	interp_play(in, &(struct ncco_sound){.kind = NCCO_SOUND_TEXT,
				.source = json_object_get_string(text),
				.base = q->step.base,
				.language = q->language,
				.voice = q->voice,
				.loops = 1});
	json_object_put(text);
	return true;
}

static void go_on(struct interp *in, struct queue *q)
{
	q->announcing = false;
	if (q->announcement && q->announced != q->position && say_position(in, q))
		return;
	play_music(in, q);
}

static enum step_result queue_start(struct interp *in, struct step *step)
{
	struct queue *q = (struct queue *)step;

	q->position = q->announced = 0;
	q->announcing = false;
	interp_answer(in);
	interp_enqueue(in, &(struct ncco_queue){.pointer = step->pointer,
				   .name = q->name,
				   .max_size = (unsigned)q->max_size,
				   .priority = q->priority});
	if (q->timeout)
		interp_timer(in, q->timeout);
	if (!q->announcement)
		play_music(in, q);
	return STEP_WAIT;
}

/* An ordinary variable, for the name is a good one for scripts, too. */
static enum step_result on_position(struct interp *in, struct queue *q, unsigned position)
{
	struct json_object *value = json_object_new_int64(position);

	variables_set(interp_variables(in), "position", value);
	json_object_put(value);
	q->position = position;
	if (!q->announcement || q->announcing || q->announced == position)
		return STEP_WAIT;
	interp_stop_sound(in);
	go_on(in, q);
	return STEP_WAIT;
}

static enum step_result on_play_failed(
	struct interp *in, struct queue *q, const struct ncco_event *event)
{
	interp_fail(in, &q->step, q->announcing ? "announcePosition" : "musicOnHoldUrl",
		event->reason ? event->reason : "cannot be played");
	if (q->announcing)
		go_on(in, q);
	return STEP_WAIT;
}

/* That nobody comes is no error: onError decides. */
static enum step_result queue_event(
	struct interp *in, struct step *step, const struct ncco_event *event)
{
	struct queue *q = (struct queue *)step;

	switch (event->type) {
	case NCCO_QUEUE_POSITION:
		return on_position(in, q, event->number);
	case NCCO_PLAYED:
		go_on(in, q);
		return STEP_WAIT;
	case NCCO_PLAY_FAILED:
		return on_play_failed(in, q, event);
	case NCCO_TIMER:
		return STEP_FAIL;
	case NCCO_CONNECTED:
		return event->failed ? STEP_FAIL : STEP_DONE;
	default:
		return STEP_WAIT;
	}
}

static void queue_stop(struct interp *in, struct step *step)
{
	(void)step;
	interp_leave_queue(in);
	interp_stop_sound(in);
	interp_timer(in, 0);
}

/* The first thing that is heard, unless that is where the caller stands. */
static bool queue_sound(const struct step *step, struct ncco_sound *ret_sound)
{
	const struct queue *q = (const struct queue *)step;

	*ret_sound = (struct ncco_sound){
		.kind = NCCO_SOUND_URL, .source = q->music, .base = step->base, .loops = 0};
	return q->music != NULL;
}

const struct verb verb_queue = {
	.name = "queue",
	.help = "Waits in a queue until somebody takes the caller.",
	.size = sizeof(struct queue),
	.params = queue_params,
	.changes_variables = true,
	.start = queue_start,
	.event = queue_event,
	.stop = queue_stop,
	.sound = queue_sound,
};
