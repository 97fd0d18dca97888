/* thread_obey.c - a media thread obeys orders, and hands legs on to other threads. */
#include "base/clock.h"
#include "media/room_private.h"
#include "media/stream_private.h"
#include "media/thread_private.h"

static void start(
	struct media_thread *thread, struct media_leg *leg, const struct media_agreed *agreed)
{
	bool codec_changed = leg->agreed.codec != agreed->codec;

	leg->agreed = *agreed;
	leg->frame_bytes = (unsigned)(agreed->codec->bytes_per_ms * agreed->ptime_ms);
	leg->frame_units = agreed->codec->rtp_rate / 1000 * agreed->ptime_ms;
	leg->wheel.slots = agreed->ptime_ms / TICK_MS;
	latch_start(&leg->latch, &agreed->rtp, agreed->relatch);
	if (agreed->relatch && !leg->stream)
		media_leg_flush(leg);
	leg->heard_at = clock_mono();
	leg->timed_out = false;
	if (codec_changed) {
		media_player_recheck(&leg->player, agreed->codec);
		leg->source.started = false;
	}
	if (leg->started)
		return;
	leg->started = true;
	if (leg->in)
		media_room_count(leg->in, leg, 1);
	wheel_add(&thread->wheel, &leg->wheel, wheel_best(&thread->wheel, leg->wheel.slots));
}

static void obey_start(struct media_thread *thread, struct media_order *order)
{
	struct media_leg *leg = order->leg;

	/* A change of direction or address alone does not disturb a room. */
	if (!leg->started || order->member || leg->agreed.codec != order->start.codec ||
		leg->agreed.ptime_ms != order->start.ptime_ms)
		media_room_changed(thread, leg);
	media_member_swap(leg, order);
	start(thread, leg, &order->start);
	media_post_back(order);
}

static void obey_free(struct media_thread *thread, struct media_leg *leg, struct media_order *order)
{
	media_room_part(thread, leg);
	if (leg->wheel.prev)
		wheel_remove(&thread->wheel, &leg->wheel);
	media_player_stop(&leg->player, MEDIA_PLAY_STOPPED);
	media_player_hand_back(&leg->player);
	media_queue_post_back(&leg->digits);
	media_queue_post_back(&leg->tapes);
	media_stream_end(leg);
	order->member = leg->member;
	order->detector = leg->detector;
	leg->detector = NULL;
	media_post_back(order);
}

static void obey_inband(struct media_leg *leg, struct media_order *order)
{
	dtmf_rx_state_t *old = leg->detector;

	leg->detector = order->detector;
	order->detector = old;
	media_post_back(order);
}

static void obey_play(struct media_thread *thread, struct media_leg *leg, struct media_order *order)
{
	media_queue_add(&leg->player.plays, order);
	if (leg->agreed.codec)
		media_player_recheck(&leg->player, leg->agreed.codec);
	media_room_played(thread, leg);
}

/* --- moves --- */

static void obey_expect(struct media_thread *thread, struct media_order *order)
{
	media_queue_init(&order->move.waiting);
	order->next = thread->expected;
	thread->expected = order;
}

static void obey_move(struct media_thread *thread, struct media_leg *leg, struct media_order *order)
{
	order->move.due = 0;
	if (leg->wheel.prev) {
		order->move.due = wheel_due(&thread->wheel, &leg->wheel);
		wheel_remove(&thread->wheel, &leg->wheel);
	}
	order->kind = MEDIA_ORDER_ARRIVE;
	media_thread_order(order->move.to, order);
}

static struct media_order **find_expected(struct media_thread *thread, const struct media_leg *leg)
{
	struct media_order **at = &thread->expected;

	while (*at && (*at)->leg != leg)
		at = &(*at)->next;
	return at;
}

static void obey(struct media_thread *thread, struct media_order *order);

/* What is waiting may send the leg on, and await it again: such orders wait anew. */
static void obey_arrive(
	struct media_thread *thread, struct media_leg *leg, struct media_order *order)
{
	struct media_order **at = find_expected(thread, leg), *expected = *at, *waiting;

	*at = expected->next;
	if (order->move.due)
		wheel_add(&thread->wheel, &leg->wheel, order->move.due);
	media_post_back(order);
	while ((waiting = media_queue_pop(&expected->move.waiting)))
		obey(thread, waiting);
	media_post_back(expected);
}

static bool must_wait(struct media_thread *thread, struct media_order *order)
{
	struct media_order *expected;

	if (!thread->expected || !order->leg || order->kind == MEDIA_ORDER_ARRIVE)
		return false;
	expected = *find_expected(thread, order->leg);
	if (expected)
		media_queue_add(&expected->move.waiting, order);
	return expected;
}

static void obey(struct media_thread *thread, struct media_order *order)
{
	struct media_leg *leg = order->leg;

	if (must_wait(thread, order))
		return;
	switch (order->kind) {
	case MEDIA_ORDER_START:
		obey_start(thread, order);
		break;
	case MEDIA_ORDER_PLAY:
		obey_play(thread, leg, order);
		break;
	case MEDIA_ORDER_STOP:
		media_player_stop(&leg->player, MEDIA_PLAY_STOPPED);
		media_post_back(order);
		break;
	case MEDIA_ORDER_DIGITS:
		media_queue_add(&leg->digits, order);
		break;
	case MEDIA_ORDER_INBAND:
		obey_inband(leg, order);
		break;
	case MEDIA_ORDER_TAPE:
	case MEDIA_ORDER_TAPE_PAUSE:
	case MEDIA_ORDER_UNTAPE:
		media_leg_tape_obey(leg, order);
		break;
	case MEDIA_ORDER_WRITE:
	case MEDIA_ORDER_MARK:
	case MEDIA_ORDER_CLEAR:
		media_stream_obey(leg, order);
		break;
	case MEDIA_ORDER_EXPECT:
		obey_expect(thread, order);
		return;
	case MEDIA_ORDER_MOVE:
		obey_move(thread, leg, order);
		return;
	case MEDIA_ORDER_ARRIVE:
		obey_arrive(thread, leg, order);
		return;
	case MEDIA_ORDER_FREE:
		obey_free(thread, leg, order);
		return;
	case MEDIA_ORDER_QUIT:
		thread->quit = true;
		return;
	case MEDIA_ORDER_NOTE:
		return;
	default:
		media_room_obey(thread, order);
		return;
	}
	media_player_hand_back(&leg->player);
}

void media_thread_obey_all(struct media_thread *thread)
{
	struct mail *mail = mailbox_take(&thread->inbox);

	while (mail) {
		struct media_order *order = (struct media_order *)mail;

		mail = mail->next;
		obey(thread, order);
	}
	media_room_settle_all(thread);
}
