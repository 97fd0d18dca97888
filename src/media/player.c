/* player.c - what a leg plays: the queue of prompts, walked a frame at a time. */
#include "media/leg.h"

#include <string.h>

static void finish(struct media_leg *leg, enum media_play_end end)
{
	struct media_order *order = media_queue_pop(&leg->plays);

	order->play.end = end;
	media_queue_add(&leg->ended, order);
}

void media_player_stop(struct media_leg *leg, enum media_play_end end)
{
	while (leg->plays.first)
		finish(leg, end);
}

void media_player_recheck(struct media_leg *leg)
{
	struct media_queue kept;
	struct media_order *order;

	media_queue_init(&kept);
	while ((order = media_queue_pop(&leg->plays))) {
		if (prompt_codec(order->play.prompt) == leg->agreed.codec) {
			media_queue_add(&kept, order);
			continue;
		}
		order->play.end = MEDIA_PLAY_STOPPED;
		media_queue_add(&leg->ended, order);
	}
	while ((order = media_queue_pop(&kept)))
		media_queue_add(&leg->plays, order);
}

/* At the end of what the first play has: goes round or on to the next. False when the
 * prompt still grows, so that there is nothing to send now. */
static bool turn_over(struct media_leg *leg)
{
	struct media_order *order = leg->plays.first;
	size_t length;
	enum prompt_state state = prompt_state(order->play.prompt, &length);

	if (order->play.offset < length)
		return true;
	if (state == PROMPT_GROWING)
		return false;
	if (state == PROMPT_FAILED) {
		finish(leg, MEDIA_PLAY_FAILED);
	} else if (length == 0 || order->play.loops == 1) {
		finish(leg, MEDIA_PLAY_DONE);
	} else {
		order->play.offset = 0;
		if (order->play.loops > 1)
			order->play.loops--;
	}
	return true;
}

void media_player_fill(struct media_leg *leg, uint8_t *out)
{
	size_t want = leg->frame_bytes;

	while (leg->plays.first) {
		struct media_order *order = leg->plays.first;
		const uint8_t *data;
		size_t got = prompt_peek(order->play.prompt, order->play.offset, want, &data);

		if (got > 0)
			memcpy(out, data, got);
		out += got;
		want -= got;
		order->play.offset += got;
		order->play.sent += got;
		if (!turn_over(leg) || want == 0)
			break;
	}
	memset(out, leg->agreed.codec->silence, want);
}
