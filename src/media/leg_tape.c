/* leg_tape.c - the tapes that listen to a leg. Media thread. */
#include "base/clock.h"
#include "media/leg.h"

void media_leg_tape_heard(struct media_leg *leg, const struct rtp_packet *packet, uint64_t now)
{
	for (struct media_order *order = leg->tapes.first; order; order = order->next)
		tape_heard(order->tape.tape, leg->agreed.codec, packet, now);
}

void media_leg_tape_sent(struct media_leg *leg, const uint8_t *data, size_t bytes)
{
	for (struct media_order *order = leg->tapes.first; order; order = order->next)
		tape_sent(order->tape.tape, leg->agreed.codec, data, bytes);
}

/* A packet of somebody else that goes out to the leg, with the time stamp that it gets. */
void media_leg_tape_relayed(struct media_leg *leg, const struct rtp_packet *packet, uint64_t now)
{
	for (struct media_order *order = leg->tapes.first; order; order = order->next)
		tape_relayed(order->tape.tape, leg->agreed.codec, packet, now);
}

void media_leg_tape_step(struct media_leg *leg, uint64_t now)
{
	for (struct media_order *order = leg->tapes.first; order; order = order->next)
		tape_step(order->tape.tape, leg->agreed.ptime_ms, now);
}

/* Takes the tape off; its order goes back, which tells the owner. */
static void take_off(struct media_leg *leg, const struct media_tape *tape)
{
	struct media_queue kept;
	struct media_order *order;

	media_queue_init(&kept);
	while ((order = media_queue_pop(&leg->tapes))) {
		if (order->tape.tape == tape)
			media_post_back(order);
		else
			media_queue_add(&kept, order);
	}
	while ((order = media_queue_pop(&kept)))
		media_queue_add(&leg->tapes, order);
}

void media_leg_tape_obey(struct media_leg *leg, struct media_order *order)
{
	if (order->kind == MEDIA_ORDER_TAPE) {
		media_queue_add(&leg->tapes, order);
		return;
	}
	if (order->kind == MEDIA_ORDER_TAPE_PAUSE)
		tape_pause(order->tape.tape, order->tape.paused, clock_mono());
	else
		take_off(leg, order->tape.tape);
	media_post_back(order);
}
