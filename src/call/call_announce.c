/* Sounds that the API plays to a call, beside its script (core thread).
 *
 * Such a sound is heard at once, by the call's own party alone. What the script was playing to that
 * party begins anew behind it. */
#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "call/call_private.h"

struct call_announcement {
	struct ncco_document *document; /* the spec's texts are its */
	char *source;
	struct sound_spec spec;
	unsigned loops;
	struct sound_load *load; /* being loaded */
	struct prompt *prompt;
	uint32_t play; /* 0: not yet */
};

void call_announcement_release(struct call *call)
{
	struct call_announcement *a = call->announcement;

	if (!a)
		return;
	call->announcement = NULL;
	sound_cancel(a->load);
	prompt_unref(a->prompt);
	ncco_document_free(a->document);
	free(a->source);
	free(a);
}

static void fail(struct call *call, const char *error)
{
	char *copy = xstrdup(error); /* it may belong to what is freed here */

	log_warn(call->uuid, "a sound of the API cannot be played: %s", copy);
	call_announcement_release(call);
	call_waits_end(call, CALL_WAIT_SOUND, 0, copy);
	free(copy);
}

static void start(struct call *call, struct prompt *prompt)
{
	struct call_announcement *a = call->announcement;

	a->prompt = prompt;
	leg_stop(call->leg);
	a->play = leg_play(call->leg, prompt, a->loops);
	call_waits_end(call, CALL_WAIT_SOUND, 0, NULL);
}

static void on_sound(void *arg, struct prompt *prompt, const char *error)
{
	struct call *call = arg;

	call->announcement->load = NULL;
	if (prompt)
		start(call, prompt_ref(prompt));
	else
		fail(call, error);
}

static void get(struct call *call)
{
	struct call_announcement *a = call->announcement;
	struct sound_result result;

	a->spec.codec = leg_codec(call->leg);
	switch (sound_get(call->server->sounds, &a->spec, &result, on_sound, call)) {
	case SOUND_READY:
		start(call, result.prompt);
		break;
	case SOUND_PENDING:
		a->load = result.load;
		break;
	case SOUND_FAILED:
		fail(call, result.error);
		break;
	}
}

void call_announce(struct call *call, struct ncco_document *document,
	const struct ncco_sound *sound, call_done_fn *done, void *arg)
{
	struct call_announcement *a = xcalloc(1, sizeof(*a));
	const char *error;

	call_hush(call);
	call_wait(call, CALL_WAIT_SOUND, 0, done, arg);
	call->announcement = a;
	a->document = document;
	a->loops = sound->loops;
	if (call_sound_spec(call, sound, &a->source, &a->spec, &error) < 0)
		fail(call, error);
	else
		get(call);
}

void call_hush(struct call *call)
{
	bool plays = call->announcement && call->announcement->play;

	call_announcement_release(call);
	call_waits_end(call, CALL_WAIT_SOUND, 0, "another request has ended it");
	if (plays)
		leg_stop(call->leg);
}

/* A new offer has changed the codec, or something else of the leg's was stopped: it begins anew. */
bool call_announcement_ended(struct call *call, uint32_t play, enum media_play_end end)
{
	struct call_announcement *a = call->announcement;

	if (!a || a->play == 0 || a->play != play)
		return false;
	if (end == MEDIA_PLAY_STOPPED && call->state < CALL_ENDING) {
		prompt_unref(a->prompt);
		a->prompt = NULL;
		a->play = 0;
		get(call);
	} else {
		call_announcement_release(call);
	}
	return true;
}
