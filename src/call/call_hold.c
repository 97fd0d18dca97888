/* Hold, and the music that goes with it (core thread).
 *
 * A party that holds its line hears nobody; whoever is left alone by that hears the music of
 * media.music_on_hold. A call that is held by us hears the music itself. */
#include "base/log.h"
#include "call/call_private.h"

static void start(struct call *call, struct prompt *prompt)
{
	call->music.play = leg_play(call->leg, prompt, 0);
}

static void on_music(void *arg, struct prompt *prompt, const char *error)
{
	struct call *call = arg;

	call->music.load = NULL;
	if (prompt)
		start(call, prompt);
	else
		log_warn(call->uuid, "media.music_on_hold: %s", error);
}

static void get_music(struct call *call)
{
	const struct codec *codec = leg_codec(call->leg);
	const struct sound_spec spec = {
		.url = call->server->config->media.music_on_hold,
		.codec = codec ? codec : codec_table[0],
	};
	struct sound_result result;

	switch (sound_get(call->server->sounds, &spec, &result, on_music, call)) {
	case SOUND_READY:
		start(call, result.prompt);
		prompt_unref(result.prompt);
		break;
	case SOUND_PENDING:
		call->music.load = result.load;
		break;
	case SOUND_FAILED:
		log_warn(call->uuid, "media.music_on_hold: %s", result.error);
		break;
	}
}

static void play_music(struct call *call, bool on)
{
	if (on == call->music.on || !call->leg || !call->server->config->media.music_on_hold)
		return;
	call->music.on = on;
	if (on) {
		get_music(call);
		return;
	}
	sound_cancel(call->music.load);
	call->music.load = NULL;
	if (call->music.play)
		leg_stop(call->leg);
	call->music.play = 0;
}

void call_music_ended(struct call *call, uint32_t play, enum media_play_end end)
{
	if (play == 0 || play != call->music.play)
		return;
	call->music.play = 0;
	if (call->music.on && end == MEDIA_PLAY_STOPPED) /* the codec has changed */
		get_music(call);
}

/* Whether all others who are there hold their lines. */
static bool is_left_alone(const struct call *call)
{
	const struct conversation *conversation = call->conversation;
	const struct call *other;

	if (conversation->present < 2 || conversation->name || call->peer_holds)
		return false;
	TAILQ_FOREACH (other, &conversation->members, member) {
		if (other != call && other->present && !other->peer_holds && !other->held)
			return false;
	}
	return true;
}

void call_review_music(struct conversation *conversation)
{
	struct call *call;

	if (conversation->name)
		return;
	TAILQ_FOREACH (call, &conversation->members, member) {
		if (call->present)
			play_music(call, call->held || is_left_alone(call));
	}
}

static void review(struct call *call)
{
	if (!call->conversation)
		return;
	conversation_apply(call);
	call_review_music(call->conversation);
}

void call_peer_holds(struct call *call, bool holds)
{
	call->peer_holds = holds;
	review(call);
}

void call_hold(struct call *call, bool on)
{
	if (on == call->held || call->state >= CALL_ENDING)
		return;
	log_info(call->uuid, "%s", on ? "put on hold" : "taken off hold");
	call->held = on;
	play_music(call, on);
	review(call);
}

void call_hold_leave(struct call *call)
{
	play_music(call, call->held);
}

void call_hold_release(struct call *call)
{
	sound_cancel(call->music.load);
	call->music.load = NULL;
	call->music.play = 0;
}
