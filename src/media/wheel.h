/* wheel.h - what is due when on a media thread: a wheel of 5 ms slots. Media thread. */
#ifndef MEDIA_WHEEL_H
#define MEDIA_WHEEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TICK_MS	    5
#define WHEEL_SLOTS 16 /* more than the longest packet time of 60 ms */

/* First in a leg or a room. */
struct wheel_item {
	struct wheel_item *next, **prev; /* prev NULL: not on the wheel */
	bool is_room;
	uint8_t slots;	 /* of the wheel until the next visit */
	uint8_t slot;	 /* where it is */
	unsigned weight; /* packets that a visit sends */
};

struct wheel {
	struct wheel_slot {
		struct wheel_item *first, **last;
		unsigned weight;
	} slot[WHEEL_SLOTS];
	unsigned now;	/* the slot that was served last */
	unsigned items; /* on the wheel */
};

static inline void wheel_slot_init(struct wheel_slot *slot)
{
	slot->first = NULL;
	slot->last = &slot->first;
	slot->weight = 0;
}

static inline void wheel_init(struct wheel *wheel)
{
	for (unsigned i = 0; i < WHEEL_SLOTS; i++)
		wheel_slot_init(&wheel->slot[i]);
	wheel->now = wheel->items = 0;
}

/* `in` slots from now, at the end: items keep their order within a slot, so each keeps its
 * distance of packets. */
static inline void wheel_put(struct wheel *wheel, struct wheel_item *item, unsigned in)
{
	unsigned index = (wheel->now + in) % WHEEL_SLOTS;
	struct wheel_slot *slot = &wheel->slot[index];

	item->slot = (uint8_t)index;
	item->next = NULL;
	item->prev = slot->last;
	*slot->last = item;
	slot->last = &item->next;
	slot->weight += item->weight;
}

static inline void wheel_add(struct wheel *wheel, struct wheel_item *item, unsigned in)
{
	wheel_put(wheel, item, in);
	wheel->items++;
}

static inline void wheel_remove(struct wheel *wheel, struct wheel_item *item)
{
	struct wheel_slot *slot = &wheel->slot[item->slot];

	*item->prev = item->next;
	if (item->next)
		item->next->prev = item->prev;
	else
		slot->last = item->prev;
	item->prev = NULL;
	slot->weight -= item->weight;
	wheel->items--;
}

/* Slots until an item on the wheel is due, 1 to WHEEL_SLOTS. */
static inline unsigned wheel_due(const struct wheel *wheel, const struct wheel_item *item)
{
	return (item->slot - wheel->now - 1) % WHEEL_SLOTS + 1;
}

/* An item on the wheel becomes lighter or heavier. */
static inline void wheel_weigh(struct wheel *wheel, struct wheel_item *item, unsigned weight)
{
	if (item->prev)
		wheel->slot[item->slot].weight += weight - item->weight;
	item->weight = weight;
}

/* The lightest of the next slots, so that a second's packets are spread evenly. */
static inline unsigned wheel_best(const struct wheel *wheel, unsigned slots)
{
	unsigned best = 1;

	for (unsigned i = 2; i <= slots; i++)
		if (wheel->slot[(wheel->now + i) % WHEEL_SLOTS].weight <
			wheel->slot[(wheel->now + best) % WHEEL_SLOTS].weight)
			best = i;
	return best;
}

/* Moves on by a slot; what is due there, linked by next, to be put back one by one. */
static inline struct wheel_item *wheel_turn(struct wheel *wheel)
{
	struct wheel_slot *slot;
	struct wheel_item *first;

	wheel->now = (wheel->now + 1) % WHEEL_SLOTS;
	slot = &wheel->slot[wheel->now];
	first = slot->first;
	wheel_slot_init(slot);
	return first;
}

#endif
