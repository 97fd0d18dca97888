/* player.c - what is played to a leg or a room: the queue of prompts, walked a frame at a time. */
#include <string.h>

#include "media/leg.h"
#include "media/mixer.h"

void media_player_init(struct media_player *player)
{
	media_queue_init(&player->plays);
	media_queue_init(&player->ended);
}

static void finish(struct media_player *player, enum media_play_end end)
{
	struct media_order *order = media_queue_pop(&player->plays);

	order->play.end = end;
	media_queue_add(&player->ended, order);
}

void media_player_stop(struct media_player *player, enum media_play_end end)
{
	while (player->plays.first)
		finish(player, end);
}

void media_player_recheck(struct media_player *player, const struct codec *codec)
{
	struct media_queue kept;
	struct media_order *order;

	media_queue_init(&kept);
	while ((order = media_queue_pop(&player->plays))) {
		if (prompt_codec(order->play.prompt) == codec) {
			media_queue_add(&kept, order);
			continue;
		}
		order->play.end = MEDIA_PLAY_STOPPED;
		media_queue_add(&player->ended, order);
	}
	while ((order = media_queue_pop(&kept)))
		media_queue_add(&player->plays, order);
}

void media_player_hand_back(struct media_player *player)
{
	media_queue_post_back(&player->ended);
}

/* At the end of what the first play has: goes round or on to the next. False when the
 * prompt still grows, so that there is nothing to send now. */
static bool turn_over(struct media_player *player)
{
	struct media_order *order = player->plays.first;
	size_t length;
	enum prompt_state state = prompt_state(order->play.prompt, &length);

	if (order->play.offset < length)
		return true;
	if (state == PROMPT_GROWING)
		return false;
	if (state == PROMPT_FAILED) {
		finish(player, MEDIA_PLAY_FAILED);
	} else if (length == 0 || order->play.loops == 1) {
		finish(player, MEDIA_PLAY_DONE);
	} else {
		order->play.offset = 0;
		if (order->play.loops > 1)
			order->play.loops--;
	}
	return true;
}

/* Up to `want` bytes of the first play. */
static size_t take(struct media_player *player, size_t want, const uint8_t **ret_data)
{
	struct media_order *order = player->plays.first;
	size_t got = prompt_peek(order->play.prompt, order->play.offset, want, ret_data);

	order->play.offset += got;
	order->play.sent += got;
	return got;
}

void media_player_fill(
	struct media_player *player, const struct codec *codec, uint8_t *out, size_t want)
{
	while (player->plays.first) {
		const uint8_t *data;
		size_t got = take(player, want, &data);

		if (got > 0)
			memcpy(out, data, got);
		out += got;
		want -= got;
		if (!turn_over(player) || want == 0)
			break;
	}
	memset(out, codec->silence, want);
}

void media_player_mix(struct media_player *player, struct mixer *mixer)
{
	size_t at = 0; /* 1/48000 s */

	while (player->plays.first) {
		const struct codec *codec = prompt_codec(player->plays.first->play.prompt);
		enum mixer_rate rate = mixer_rate_of(codec->sample_rate);
		size_t per_sample = MIXER_UNITS / mixer_samples(rate);
		size_t want = (MIXER_UNITS - at) * codec->bytes_per_ms / 48, got, samples;
		int16_t pcm[MIXER_FRAME_MAX];
		const uint8_t *data = NULL;

		got = take(player, want, &data);
		samples = got ? codec->decode(data, got, pcm) : 0;
		mixer_play(mixer, rate, at / per_sample, pcm, samples);
		at += samples * per_sample;
		if (!turn_over(player) || got == want)
			break;
	}
}
