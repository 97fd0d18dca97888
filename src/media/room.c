#include "media/room.h"

#include <stdlib.h>

#include "base/mem.h"
#include "media/room_private.h"
#include "media/thread.h"

/* One leg does not hear another. */
struct room_pair {
	LIST_ENTRY(room_pair) link;
	struct media_leg *listener, *speaker;
};

struct media_room *media_room_new(struct media_engine *engine,
	void (*on_play_end)(void *arg, uint32_t play, enum media_play_end end, uint32_t played_ms),
	void *arg)
{
	struct media_room *room = xcalloc(1, sizeof(*room));

	room->wheel.is_room = true;
	room->wheel.slots = MIXER_FRAME_MS / TICK_MS;
	for (int kind = 0; kind < SERVED_KINDS; kind++)
		LIST_INIT(&room->legs[kind]);
	media_player_init(&room->player);
	room->engine = engine;
	room->on_play_end = on_play_end;
	room->arg = arg;
	LIST_INIT(&room->members);
	LIST_INIT(&room->pairs);
	room->references = 1;
	return room;
}

static void unreference(struct media_room *room)
{
	if (--room->references > 0)
		return;
	media_room_release(room);
	free(room);
}

struct media_order *media_room_order_new(
	struct media_room *room, struct media_leg *leg, enum media_order_kind kind)
{
	struct media_order *order = media_order_new(leg, kind);

	order->room = room;
	room->references++;
	return order;
}

static void send_order(struct media_room *room, enum media_order_kind kind)
{
	media_order_send(media_room_order_new(room, NULL, kind));
}

struct media_room *media_room_free(struct media_room *room)
{
	if (!room)
		return NULL;
	while (!LIST_EMPTY(&room->members))
		media_room_leave(LIST_FIRST(&room->members));
	room->freed = true;
	if (room->thread)
		send_order(room, MEDIA_ORDER_ROOM_FREE);
	unreference(room);
	return NULL;
}

static void report_play_end(const struct media_order *order)
{
	struct media_room *room = order->room;
	size_t per_ms = prompt_codec(order->play.prompt)->bytes_per_ms;

	if (!room->freed && room->on_play_end)
		room->on_play_end(room->arg, order->play.number, order->play.end,
			(uint32_t)(order->play.sent / per_ms));
	prompt_unref(order->play.prompt);
}

void media_room_returned(struct media_order *order)
{
	if (order->kind == MEDIA_ORDER_ROOM_PLAY)
		report_play_end(order);
	if (order->kind == MEDIA_ORDER_CONVERTER)
		mixer_converter_free(order->converter.converter);
	if (order->room)
		unreference(order->room);
}

/* --- who is there --- */

/* From now on legs are given what mixing needs. */
static void begin_mixing(struct media_room *room)
{
	struct media_leg *leg;

	if (room->mixes)
		return;
	room->mixes = true;
	LIST_FOREACH (leg, &room->members, member_link) {
		struct media_member *member = media_room_member_for(leg);
		struct media_order *order;

		if (!member)
			continue;
		order = media_order_new(leg, MEDIA_ORDER_MEMBER);
		order->member = member;
		media_order_send(order);
	}
}

void media_room_join(struct media_room *room, struct media_leg *leg)
{
	struct media_order *order;

	if (leg->room == room)
		return;
	media_room_leave(leg);
	if (!room->thread)
		room->thread = leg->thread;
	if (leg->thread != room->thread)
		media_leg_move(leg, room->thread);
	leg->room = room;
	LIST_INSERT_HEAD(&room->members, leg, member_link);
	if (++room->count > 1)
		begin_mixing(room);
	order = media_room_order_new(room, leg, MEDIA_ORDER_JOIN);
	order->member = media_room_member_for(leg);
	media_room_provide(room);
	media_order_send(order);
}

static void drop_pair(struct room_pair *pair)
{
	LIST_REMOVE(pair, link);
	free(pair);
}

static void drop_pairs(struct media_room *room, const struct media_leg *leg)
{
	struct room_pair *pair, *next;

	for (pair = LIST_FIRST(&room->pairs); pair; pair = next) {
		next = LIST_NEXT(pair, link);
		if (pair->listener == leg || pair->speaker == leg)
			drop_pair(pair);
	}
}

void media_room_forget(struct media_leg *leg)
{
	struct media_room *room = leg->room;

	if (!room)
		return;
	drop_pairs(room, leg);
	LIST_REMOVE(leg, member_link);
	room->count--;
	leg->room = NULL;
	leg->given_codec = NULL;
	leg->given_converters = 0;
}

void media_room_leave(struct media_leg *leg)
{
	struct media_room *room = leg->room;

	if (!room)
		return;
	media_room_forget(leg);
	media_order_send(media_room_order_new(room, leg, MEDIA_ORDER_LEAVE));
}

/* --- who hears what --- */

static void order_flag(struct media_leg *leg, enum media_order_kind kind, bool on)
{
	struct media_order *order;

	if (!leg->room)
		return;
	order = media_order_new(leg, kind);
	order->on = on;
	media_order_send(order);
}

void media_leg_mute(struct media_leg *leg, bool muted)
{
	order_flag(leg, MEDIA_ORDER_MUTE, muted);
}

void media_leg_deafen(struct media_leg *leg, bool deaf)
{
	order_flag(leg, MEDIA_ORDER_DEAFEN, deaf);
}

static struct room_pair *find_pair(const struct media_room *room, const struct media_leg *listener,
	const struct media_leg *speaker)
{
	struct room_pair *pair;

	LIST_FOREACH (pair, &room->pairs, link)
		if (pair->listener == listener && pair->speaker == speaker)
			return pair;
	return NULL;
}

static void add_pair(struct media_room *room, struct media_leg *listener, struct media_leg *speaker)
{
	struct room_pair *pair = xcalloc(1, sizeof(*pair));

	pair->listener = listener;
	pair->speaker = speaker;
	LIST_INSERT_HEAD(&room->pairs, pair, link);
}

void media_room_hear(struct media_leg *listener, struct media_leg *speaker, bool hears)
{
	struct media_room *room = listener->room;
	struct room_pair *pair;
	struct media_order *order;

	if (!room || room != speaker->room || listener == speaker)
		return;
	pair = find_pair(room, listener, speaker);
	if (hears == !pair)
		return;
	if (hears)
		drop_pair(pair);
	else
		add_pair(room, listener, speaker);
	media_room_provide(room);
	order = media_order_new(listener, MEDIA_ORDER_HEAR);
	order->hear.speaker = speaker->id;
	order->hear.hears = hears;
	media_order_send(order);
}

void media_room_each_pair(const struct media_room *room,
	void (*each)(struct media_leg *listener, struct media_leg *speaker))
{
	struct room_pair *pair;

	LIST_FOREACH (pair, &room->pairs, link)
		each(pair->listener, pair->speaker);
}

/* --- what is played --- */

uint32_t media_room_play(struct media_room *room, struct prompt *prompt, unsigned loops)
{
	struct media_order *order;
	uint32_t number = ++room->last_play;

	if (!room->thread)
		room->thread = media_engine_thread(room->engine);
	begin_mixing(room);
	room->played |= (uint8_t)(1 << mixer_rate_of(prompt_codec(prompt)->sample_rate));
	media_room_provide(room);
	order = media_room_order_new(room, NULL, MEDIA_ORDER_ROOM_PLAY);
	order->play.prompt = prompt_ref(prompt);
	order->play.number = number;
	order->play.loops = loops;
	media_order_send(order);
	return number;
}

void media_room_stop(struct media_room *room)
{
	if (room->thread)
		send_order(room, MEDIA_ORDER_ROOM_STOP);
}
