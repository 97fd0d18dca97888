/* room_provide.c - the core thread makes what mixing needs: something for each leg, a bus for each
 * sample rate, and converters between them. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "media/room_private.h"

/* Two packets of the longest kind and a frame. */
#define QUEUE_MS (2 * FRAME_MAX_MS + MIXER_FRAME_MS)

/* One block: what is used together lies together. */
static struct media_member *member_new(const struct codec *codec, unsigned ptime_ms, bool stream)
{
	enum mixer_rate rate = mixer_rate_of(codec->sample_rate);
	size_t pcm = mixer_samples(rate) * sizeof(int16_t);
	size_t ring = stream ? 0 : jitter_ring_bytes(codec);
	size_t queue = ptime_ms == MIXER_FRAME_MS ? 0 : codec->bytes_per_ms * QUEUE_MS;
	struct media_member *member = xcalloc(1, sizeof(*member) + 2 * pcm + ring + queue);

	member->codec = codec;
	mixer_voice_init(
		&member->voice, rate, (int16_t *)member->data, (int16_t *)(member->data + pcm));
	if (ring)
		jitter_init(&member->jitter, codec, member->data + 2 * pcm);
	if (queue)
		member->queue = member->data + 2 * pcm + ring;
	member->queue_size = queue;
	return member;
}

struct media_member *media_member_free(struct media_member *member)
{
	if (!member)
		return NULL;
	for (enum mixer_rate rate = 0; rate < MIXER_RATES; rate++)
		mixer_converter_free(member->voice.converted[rate]);
	free(member);
	return NULL;
}

struct media_member *media_room_member_for(struct media_leg *leg)
{
	if (!leg->room || !leg->room->mixes || !leg->codec ||
		mixer_rate_of(leg->codec->sample_rate) == MIXER_RATES)
		return NULL;
	if (leg->given_codec == leg->codec && leg->given_ptime_ms == leg->ptime_ms)
		return NULL;
	leg->given_codec = leg->codec;
	leg->given_ptime_ms = leg->ptime_ms;
	leg->given_converters = 0;
	return member_new(leg->codec, leg->ptime_ms, leg->stream != NULL);
}

/* Those who do not hear somebody of another rate need the voice at theirs, to take it off. */
static void provide_pair(struct media_leg *listener, struct media_leg *speaker)
{
	struct media_order *order;
	enum mixer_rate from, to;

	if (!listener->given_codec || !speaker->given_codec)
		return;
	from = mixer_rate_of(speaker->given_codec->sample_rate);
	to = mixer_rate_of(listener->given_codec->sample_rate);
	if (from == to || (speaker->given_converters & 1 << to))
		return;
	speaker->given_converters |= (uint8_t)(1 << to);
	order = media_order_new(speaker, MEDIA_ORDER_CONVERTER);
	order->converter.rate = to;
	order->converter.converter = mixer_converter_new(from, to);
	media_order_send(order);
}

static unsigned rates_of(const struct media_room *room)
{
	const struct media_leg *leg;
	unsigned rates = room->played;

	LIST_FOREACH (leg, &room->members, member_link)
		if (leg->given_codec)
			rates |= 1u << mixer_rate_of(leg->given_codec->sample_rate);
	return rates;
}

static void provide_rate(struct media_room *room, struct mixer *lack, enum mixer_rate rate)
{
	lack->bus[rate] = mixer_bus_new(rate);
	for (enum mixer_rate other = 0; other < MIXER_RATES; other++) {
		if (!(room->rates & 1 << other))
			continue;
		lack->between[rate][other] = mixer_converter_new(rate, other);
		lack->between[other][rate] = mixer_converter_new(other, rate);
	}
	room->rates |= (uint8_t)(1 << rate);
}

void media_room_provide(struct media_room *room)
{
	unsigned rates = rates_of(room) & ~(unsigned)room->rates;
	struct media_order *order;

	if (!room->mixes)
		return;
	if (rates) {
		order = media_room_order_new(room, NULL, MEDIA_ORDER_ROOM_PROVIDE);
		for (enum mixer_rate rate = 0; rate < MIXER_RATES; rate++)
			if (rates & 1u << rate)
				provide_rate(room, &order->provide, rate);
		media_order_send(order);
	}
	media_room_each_pair(room, provide_pair);
}

void media_room_release(struct media_room *room)
{
	for (enum mixer_rate from = 0; from < MIXER_RATES; from++) {
		mixer_bus_free(room->mixer.bus[from]);
		for (enum mixer_rate to = 0; to < MIXER_RATES; to++)
			mixer_converter_free(room->mixer.between[from][to]);
	}
}
