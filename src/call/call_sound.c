/* The sounds of a script, done on a call (core thread). */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "call/call_private.h"
#include "http/url.h"
#include "media/room.h"

#define ASK_AGAIN_US (1 * USEC_PER_MSEC)

static void drop_sound(struct call *call)
{
	sound_cancel(call->sound.load);
	call->sound.load = NULL;
	prompt_unref(call->sound.prompt);
	call->sound.prompt = NULL;
	call->sound.play = 0;
	call->sound.in_room = false;
	call->sound.wanted = false;
	call->sound.error = NULL;
	timer_stop(&call->sound.later);
}

static void fail_sound(struct call *call, const char *reason)
{
	char *copy = xstrdup(reason); /* it may belong to what is dropped here */

	drop_sound(call);
	interp_event(call->interp, &(struct ncco_event){.type = NCCO_PLAY_FAILED, .reason = copy});
	free(copy);
}

static void start_prompt(struct call *call, struct prompt *prompt)
{
	struct media_room *room = conversation_stage(call);

	call->sound.prompt = prompt;
	call->sound.in_room = room != NULL;
	call->sound.play = room ? media_room_play(room, prompt, call->sound.loops)
				: leg_play(call->leg, prompt, call->sound.loops);
}

static void on_sound(void *arg, struct prompt *prompt, const char *error)
{
	struct call *call = arg;

	call->sound.load = NULL;
	if (prompt)
		start_prompt(call, prompt_ref(prompt));
	else
		fail_sound(call, error);
}

static void fail_later(struct call *call, const char *constant_reason)
{
	call->sound.error = constant_reason;
	timer_start(&call->sound.later, 0);
}

/* The spec's URL made absolute; malloc'd, NULL when it cannot be (a constant *ret_error). */
static char *sound_url(const struct ncco_sound *sound, const char **ret_error)
{
	bool http = strncasecmp(sound->source, "http://", 7) == 0 ||
		    strncasecmp(sound->source, "https://", 8) == 0;
	char *url;

	/* A relative reference belongs to the web application that gave the script; without
	 * one, or with the scheme file:, it names a file below the media root. */
	if (strncmp(sound->source, "file:", 5) == 0)
		return xstrdup(sound->source + 5);
	if (!http && !sound->base)
		return xstrdup(sound->source);
	url = http ? xstrdup(sound->source) : url_join(sound->base, sound->source);
	if (!url || url_check(url, false, ret_error) < 0) {
		if (!url)
			*ret_error = "not a URL";
		free(url);
		return NULL;
	}
	return url;
}

int call_sound_spec(struct call *call, const struct ncco_sound *sound, char **source,
	struct sound_spec *spec, const char **ret_error)
{
	const struct codec *codec = leg_codec(call->leg);

	*spec = (struct sound_spec){
		.language = sound->language,
		.voice = sound->voice,
		.adapter = sound->provider,
		.options = sound->provider_options,
		.premium = sound->premium,
		.style = sound->style,
		.level = sound->level,
		.codec = codec ? codec : codec_table[0],
	};
	free(*source);
	*source = sound->kind == NCCO_SOUND_URL ? sound_url(sound, ret_error)
						: xstrdup(sound->source);
	if (!*source)
		return -1;
	if (sound->kind == NCCO_SOUND_URL)
		spec->url = *source;
	else if (sound->kind == NCCO_SOUND_TEXT)
		spec->text = *source;
	return 0;
}

/* Neither URL nor text: our own ringback. */
static void get_sound(struct call *call, const struct sound_spec *spec)
{
	struct sound_result result;

	if (!spec->url && !spec->text) {
		start_prompt(call, tones_ringback(&call->server->tones, spec->codec));
		return;
	}
	switch (sound_get(call->server->sounds, spec, &result, on_sound, call)) {
	case SOUND_READY:
		start_prompt(call, result.prompt);
		break;
	case SOUND_PENDING:
		call->sound.load = result.load;
		break;
	case SOUND_FAILED:
		fail_later(call, result.error);
		break;
	}
}

void call_play(void *ctx, const struct ncco_sound *sound)
{
	struct call *call = ctx;
	const char *error = NULL;

	drop_sound(call);
	call->sound.loops = sound->loops;
	if (call_sound_spec(call, sound, &call->sound.source, &call->sound.spec, &error) < 0) {
		fail_later(call, error);
		return;
	}
	if (!call->early)
		call_answer(call, NULL);
	if (leg_media_running(call->leg)) {
		get_sound(call, &call->sound.spec);
		return;
	}
	if (!call->status_told[STATUS_ANSWERED]) {
		fail_later(call, "early media needs an offer in the INVITE");
		return;
	}
	/* A late offer: the codec comes with the ACK. Keep what the script lent us. */
	call->sound.wanted = true;
	xstrset(&call->sound.language, call->sound.spec.language);
	xstrset(&call->sound.voice, call->sound.spec.voice);
	xstrset(&call->sound.adapter, call->sound.spec.adapter);
	json_object_put(call->sound.options);
	call->sound.options = json_object_get(call->sound.spec.options);
	call->sound.spec.language = call->sound.language;
	call->sound.spec.voice = call->sound.voice;
	call->sound.spec.adapter = call->sound.adapter;
}

void call_sound_media_ready(struct call *call)
{
	if (!call->sound.wanted)
		return;
	call->sound.wanted = false;
	call->sound.spec.codec = leg_codec(call->leg);
	get_sound(call, &call->sound.spec);
}

static void stop_playing(struct call *call)
{
	if (!call->sound.play)
		return;
	if (call->sound.in_room)
		media_room_stop(call->conversation->room);
	else
		leg_stop(call->leg);
}

void call_stop_sound(void *ctx)
{
	struct call *call = ctx;

	stop_playing(call);
	drop_sound(call);
}

/* Begins anew in the codec that is agreed on now; what the spec borrows belongs to the step, which
 * is still there. */
static void start_again(struct call *call)
{
	drop_sound(call);
	call->sound.spec.codec = leg_codec(call->leg);
	get_sound(call, &call->sound.spec);
}

void call_sound_leaves_room(struct call *call)
{
	if (!call->sound.play || !call->sound.in_room)
		return;
	stop_playing(call);
	call->sound.in_room = false;
	start_again(call);
}

bool call_sound_is(const struct call *call, uint32_t play, bool in_room)
{
	return play != 0 && call->sound.play == play && call->sound.in_room == in_room;
}

void call_prepare_sound(void *ctx, const struct ncco_sound *sound)
{
	struct call *call = ctx;
	struct sound_spec spec;
	char *source = NULL;
	const char *error;

	if (sound->kind != NCCO_SOUND_TONE &&
		call_sound_spec(call, sound, &source, &spec, &error) == 0)
		sound_prepare(call->server->sounds, &spec);
	free(source);
}

void call_sound_ended(struct call *call, enum media_play_end end)
{
	if (end == MEDIA_PLAY_FAILED) {
		call->sound.error = NULL;
		timer_start(&call->sound.later, 0);
		return;
	}
	if (end == MEDIA_PLAY_STOPPED) { /* not by us: a new offer has changed the codec */
		start_again(call);
		return;
	}
	drop_sound(call);
	interp_event(call->interp, &(struct ncco_event){.type = NCCO_PLAYED});
}

/* A failure known at once, or that of the prompt, whose reason may still be on its way from
 * the worker. */
static void tell_failure(void *arg)
{
	struct call *call = arg;
	const char *reason = call->sound.error;

	if (!reason)
		reason = sound_failure(call->server->sounds, call->sound.prompt);
	if (reason)
		fail_sound(call, reason);
	else
		timer_start(&call->sound.later, ASK_AGAIN_US);
}

void call_sound_init(struct call *call)
{
	timer_init(&call->sound.later, call->server->loop, tell_failure, call);
}

void call_sound_release(struct call *call)
{
	drop_sound(call);
	free(call->sound.source);
	free(call->sound.language);
	free(call->sound.voice);
	free(call->sound.adapter);
	json_object_put(call->sound.options);
	call->sound.options = NULL;
	call->sound.source = call->sound.language = NULL;
	call->sound.voice = call->sound.adapter = NULL;
}
