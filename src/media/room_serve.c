/* room_serve.c - a room on its media thread: who is there, and how they are served. */
#include <sys/epoll.h>

#include "media/room_private.h"
#include "media/thread_private.h"

static struct media_leg *next_telephone(struct media_leg *leg)
{
	while (leg && (!leg->started || leg->stream))
		leg = LIST_NEXT(leg, among);
	return leg;
}

static struct media_leg *first_telephone(const struct media_room *room, const struct media_leg *but)
{
	for (int kind = 0; kind < SERVED_KINDS; kind++) {
		struct media_leg *leg = next_telephone(LIST_FIRST(&room->legs[kind]));

		if (leg && leg == but)
			leg = next_telephone(LIST_NEXT(leg, among));
		if (leg)
			return leg;
	}
	return NULL;
}

struct media_leg *media_room_other(const struct media_leg *leg)
{
	return leg->in && leg->in->telephones == 2 ? first_telephone(leg->in, leg) : NULL;
}

void media_room_count(struct media_room *room, const struct media_leg *leg, int change)
{
	if (!leg->started)
		return;
	room->started += (unsigned)change;
	if (!leg->stream)
		room->telephones += (unsigned)change;
}

bool media_room_hears(const struct media_leg *listener, const struct media_leg *speaker)
{
	if (speaker->muted || listener->deaf)
		return false;
	for (struct media_order *order = listener->denials.first; order; order = order->next)
		if (order->hear.speaker == speaker->id)
			return false;
	return true;
}

/* --- what is done --- */

static bool is_relayable(const struct media_leg *a, const struct media_leg *b)
{
	return a->member && b->member && a->agreed.codec == b->agreed.codec &&
	       a->agreed.ptime_ms == b->agreed.ptime_ms && !a->player.plays.first &&
	       !b->player.plays.first;
}

static enum room_mode wanted_mode(const struct media_room *room)
{
	struct media_leg *first;

	if (room->started == 0)
		return ROOM_IDLE;
	if (room->player.plays.first || room->started > 2)
		return ROOM_MIX;
	if (room->started == 1)
		return ROOM_IDLE;
	if (room->telephones < 2)
		return ROOM_MIX;
	first = first_telephone(room, NULL);
	return is_relayable(first, media_room_other(first)) ? ROOM_RELAY : ROOM_MIX;
}

static void mark_unsettled(struct media_thread *thread, struct media_room *room)
{
	if (room->unsettled)
		return;
	room->unsettled = true;
	room->next_unsettled = thread->unsettled;
	thread->unsettled = room;
}

static void set_served(struct media_leg *leg, enum media_served served)
{
	leg->served = served;
	LIST_REMOVE(leg, among);
	LIST_INSERT_HEAD(&leg->in->legs[served], leg, among);
}

static void weigh(struct media_thread *thread, struct media_room *room)
{
	wheel_weigh(&thread->wheel, &room->wheel, room->aligned);
}

/* Back to being served as if it were alone. */
static void take_out(struct media_thread *thread, struct media_leg *leg)
{
	struct media_room *room = leg->in;

	if (leg->served == SERVED_ALONE)
		return;
	media_thread_poll(thread, leg, false);
	if (leg->served == SERVED_RELAY) {
		media_relay_stop(leg);
	} else {
		mixer_forget(&room->mixer, &leg->member->voice);
		jitter_stop(&leg->member->jitter);
		leg->member->queued = 0;
	}
	if (leg->served == SERVED_ALIGNED) {
		wheel_add(&thread->wheel, &leg->wheel, wheel_due(&thread->wheel, &room->wheel));
		room->aligned--;
		weigh(thread, room);
	}
	set_served(leg, SERVED_ALONE);
}

static void align(struct media_thread *thread, struct media_leg *leg)
{
	struct media_room *room = leg->in;

	wheel_remove(&thread->wheel, &leg->wheel);
	room->aligned++;
	weigh(thread, room);
	set_served(leg, SERVED_ALIGNED);
}

/* A leg that has just been taken out of a relay has in its jitter buffer what was passed on. */
static void take_in(struct media_thread *thread, struct media_leg *leg)
{
	struct media_room *room = leg->in;

	if (!leg->started || !leg->member)
		return;
	if (room->mode == ROOM_IDLE) {
		jitter_stop(&leg->member->jitter);
		return;
	}
	if (room->mode == ROOM_RELAY) {
		set_served(leg, SERVED_RELAY);
		media_relay_start(leg, media_room_other(leg));
		media_thread_poll(thread, leg, true);
		return;
	}
	if (!room->wheel.prev)
		wheel_add(&thread->wheel, &room->wheel, wheel_due(&thread->wheel, &leg->wheel));
	jitter_resume(&leg->member->jitter);
	if (leg->agreed.ptime_ms != MIXER_FRAME_MS)
		set_served(leg, SERVED_QUEUED);
	else if (room->aligned < ROOM_ALIGNED_MAX)
		align(thread, leg);
	else
		set_served(leg, SERVED_SPREAD);
}

static void set_mode(struct media_thread *thread, struct media_room *room, enum room_mode mode)
{
	if (mode == room->mode)
		return;
	for (int kind = SERVED_ALONE + 1; kind < SERVED_KINDS; kind++)
		while (!LIST_EMPTY(&room->legs[kind]))
			take_out(thread, LIST_FIRST(&room->legs[kind]));
	media_player_hand_back(&room->player);
	if (room->wheel.prev)
		wheel_remove(&thread->wheel, &room->wheel);
	room->mode = mode;
}

/* Somebody may have come in the place of another since all was settled last. */
static void renew_relays(struct media_room *room)
{
	struct media_leg *leg, *other;

	LIST_FOREACH (leg, &room->legs[SERVED_RELAY], among) {
		other = media_room_other(leg);
		if (leg->relay.peer == other)
			continue;
		media_relay_stop(leg);
		media_relay_start(leg, other);
	}
}

static void settle(struct media_thread *thread, struct media_room *room)
{
	struct media_leg *leg, *next;

	set_mode(thread, room, wanted_mode(room));
	renew_relays(room);
	for (leg = LIST_FIRST(&room->legs[SERVED_ALONE]); leg; leg = next) {
		next = LIST_NEXT(leg, among);
		take_in(thread, leg);
	}
	media_denials_settle(room);
}

void media_room_settle_all(struct media_thread *thread)
{
	struct media_room *room;

	while ((room = thread->unsettled)) {
		thread->unsettled = room->next_unsettled;
		room->unsettled = false;
		settle(thread, room);
	}
}

void media_room_changed(struct media_thread *thread, struct media_leg *leg)
{
	if (!leg->in)
		return;
	take_out(thread, leg);
	mark_unsettled(thread, leg->in);
}

void media_room_played(struct media_thread *thread, struct media_leg *leg)
{
	if (leg->in && leg->in->mode == ROOM_RELAY)
		mark_unsettled(thread, leg->in);
}

/* --- the turn of the mixer --- */

void media_room_visit(struct media_thread *thread, struct media_room *room, uint64_t now)
{
	struct media_leg *leg;

	LIST_FOREACH (leg, &room->legs[SERVED_ALIGNED], among) {
		media_thread_listen(thread, leg, now);
		media_member_give(leg, now);
	}
	LIST_FOREACH (leg, &room->legs[SERVED_QUEUED], among)
		media_member_give(leg, now);
	/* What ended with the frame before has been sent to all by now. */
	media_player_hand_back(&room->player);
	media_player_mix(&room->player, &room->mixer);
	mixer_turn(&room->mixer);
	LIST_FOREACH (leg, &room->legs[SERVED_ALIGNED], among)
		media_thread_speak(thread, leg, now);
	LIST_FOREACH (leg, &room->legs[SERVED_QUEUED], among)
		media_member_queue(leg);
	if (room->started <= 2 && !room->player.ended.first && wanted_mode(room) != ROOM_MIX)
		mark_unsettled(thread, room);
}

void media_room_left_out(struct media_room *room)
{
	struct media_leg *leg;

	LIST_FOREACH (leg, &room->legs[SERVED_ALIGNED], among)
		media_leg_left_out(leg);
}

/* --- orders --- */

void media_room_part(struct media_thread *thread, struct media_leg *leg)
{
	struct media_room *room = leg->in;

	if (!room)
		return;
	take_out(thread, leg);
	media_denials_part(leg);
	LIST_REMOVE(leg, among);
	media_room_count(room, leg, -1);
	leg->in = NULL;
	leg->muted = leg->deaf = false;
	mark_unsettled(thread, room);
}

static void obey_join(struct media_thread *thread, struct media_order *order)
{
	struct media_leg *leg = order->leg;
	struct media_room *room = order->room;

	media_member_swap(leg, order);
	if (room->dead)
		return;
	media_room_part(thread, leg);
	leg->in = room;
	leg->served = SERVED_ALONE;
	LIST_INSERT_HEAD(&room->legs[SERVED_ALONE], leg, among);
	media_room_count(room, leg, 1);
	room->denials_changed |= room->denials > 0;
	mark_unsettled(thread, room);
}

static void obey_converter(struct media_order *order)
{
	struct media_member *member = order->leg->member;
	enum mixer_rate rate = order->converter.rate;

	if (!member || member->voice.converted[rate])
		return;
	member->voice.converted[rate] = order->converter.converter;
	order->converter.converter = NULL;
}

static void obey_provide(struct media_order *order)
{
	struct mixer *mixer = &order->room->mixer, *given = &order->provide;

	for (enum mixer_rate from = 0; from < MIXER_RATES; from++) {
		if (given->bus[from])
			mixer->bus[from] = given->bus[from];
		for (enum mixer_rate to = 0; to < MIXER_RATES; to++)
			if (given->between[from][to])
				mixer->between[from][to] = given->between[from][to];
	}
}

static void obey_room_free(struct media_thread *thread, struct media_room *room)
{
	struct media_room **at;

	room->dead = true;
	for (int kind = 0; kind < SERVED_KINDS; kind++)
		while (!LIST_EMPTY(&room->legs[kind]))
			media_room_part(thread, LIST_FIRST(&room->legs[kind]));
	media_player_stop(&room->player, MEDIA_PLAY_STOPPED);
	media_player_hand_back(&room->player);
	set_mode(thread, room, ROOM_IDLE);
	for (at = &thread->unsettled; *at; at = &(*at)->next_unsettled) {
		if (*at != room)
			continue;
		*at = room->next_unsettled;
		break;
	}
}

static void obey_flags(struct media_order *order)
{
	struct media_leg *leg = order->leg;

	if (!leg->in)
		return;
	if (order->kind == MEDIA_ORDER_MUTE)
		leg->muted = order->on;
	else
		leg->deaf = order->on;
}

static void obey_leave(struct media_thread *thread, struct media_order *order)
{
	media_room_part(thread, order->leg);
	order->member = order->leg->member;
	order->leg->member = NULL;
	order->leg->pressing = false;
}

/* Everything but plays and what leaves somebody unheard goes back at once. */
void media_room_obey(struct media_thread *thread, struct media_order *order)
{
	struct media_room *room = order->room;

	switch (order->kind) {
	case MEDIA_ORDER_JOIN:
		obey_join(thread, order);
		break;
	case MEDIA_ORDER_LEAVE:
		obey_leave(thread, order);
		break;
	case MEDIA_ORDER_MEMBER:
		media_member_swap(order->leg, order);
		media_room_changed(thread, order->leg);
		break;
	case MEDIA_ORDER_CONVERTER:
		obey_converter(order);
		break;
	case MEDIA_ORDER_MUTE:
	case MEDIA_ORDER_DEAFEN:
		obey_flags(order);
		break;
	case MEDIA_ORDER_HEAR:
		if (order->leg->in)
			mark_unsettled(thread, order->leg->in);
		if (media_denials_obey(order))
			return;
		break;
	case MEDIA_ORDER_ROOM_PLAY:
		media_queue_add(&room->player.plays, order);
		mark_unsettled(thread, room);
		return;
	case MEDIA_ORDER_ROOM_STOP:
		media_player_stop(&room->player, MEDIA_PLAY_STOPPED);
		media_player_hand_back(&room->player);
		mark_unsettled(thread, room);
		break;
	case MEDIA_ORDER_ROOM_PROVIDE:
		obey_provide(order);
		break;
	default:
		obey_room_free(thread, room);
		break;
	}
	media_post_back(order);
}
