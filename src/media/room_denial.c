/* room_denial.c - who does not hear whom, on the media thread. The orders that say so are kept by
 * the listener. Speakers are known by their ids, as one may still be on its way from another
 * thread when the order comes. */
#include "media/room_private.h"

/* Gives back those of one speaker, or all (0). */
static void hand_back(struct media_leg *listener, uint64_t speaker)
{
	struct media_queue kept;
	struct media_order *order;

	media_queue_init(&kept);
	while ((order = media_queue_pop(&listener->denials))) {
		if (speaker && order->hear.speaker != speaker) {
			media_queue_add(&kept, order);
			continue;
		}
		listener->in->denials--;
		media_post_back(order);
	}
	while ((order = media_queue_pop(&kept)))
		media_queue_add(&listener->denials, order);
	listener->denied = NULL;
	listener->in->denials_changed = true;
}

bool media_denials_obey(struct media_order *order)
{
	struct media_leg *listener = order->leg;

	if (!listener->in)
		return false;
	hand_back(listener, order->hear.speaker);
	if (order->hear.hears)
		return false;
	media_queue_add(&listener->denials, order);
	listener->in->denials++;
	return true;
}

void media_denials_part(struct media_leg *leg)
{
	struct media_room *room = leg->in;
	struct media_leg *other;

	hand_back(leg, 0);
	for (int kind = 0; kind < SERVED_KINDS && room->denials > 0; kind++)
		LIST_FOREACH (other, &room->legs[kind], among)
			hand_back(other, leg->id);
}

static struct media_leg *find_leg(const struct media_room *room, uint64_t id)
{
	struct media_leg *leg;

	for (int kind = 0; kind < SERVED_KINDS; kind++)
		LIST_FOREACH (leg, &room->legs[kind], among)
			if (leg->id == id)
				return leg;
	return NULL;
}

/* Links the voices of those who are there. */
static void find_denied(struct media_leg *listener)
{
	listener->denied = NULL;
	for (struct media_order *order = listener->denials.first; order; order = order->next) {
		struct mixer_denial *denial = &order->hear.denial;
		struct media_leg *speaker = order->hear.found;

		if (!speaker)
			speaker = order->hear.found = find_leg(listener->in, order->hear.speaker);
		if (!speaker || !speaker->member)
			continue;
		denial->speaker = &speaker->member->voice;
		denial->next = listener->denied;
		listener->denied = denial;
	}
}

void media_denials_settle(struct media_room *room)
{
	struct media_leg *leg;

	if (!room->denials_changed)
		return;
	room->denials_changed = false;
	for (int kind = 0; kind < SERVED_KINDS; kind++)
		LIST_FOREACH (leg, &room->legs[kind], among)
			find_denied(leg);
}
