/* member.c - what a leg gives to the mixer of its room, and what it takes from it. Media thread. */
#include <string.h>

#include "media/pcm.h"
#include "media/room_private.h"

/* Mean amplitude below which somebody in a conference is silent: -56 dB. Between two telephones
 * nothing but digital silence is left out. */
#define CONFERENCE_LEVEL 50
#define TWO_LEVEL	 1
#define FADE_FRAMES	 3 /* that lost sound is made up for */

void media_member_heard(struct media_leg *leg, const struct rtp_packet *packet, uint64_t now)
{
	if (packet->payload_type == leg->agreed.payload_type)
		jitter_put(&leg->member->jitter, packet, now);
	else
		jitter_stop(&leg->member->jitter);
}

/* What an order brings for the leg, and what that replaces goes back with it. The leg is not being
 * mixed. */
void media_member_swap(struct media_leg *leg, struct media_order *order)
{
	struct media_member *old = leg->member;

	if (!order->member)
		return;
	leg->member = order->member;
	leg->pressing = false;
	order->member = old;
	if (leg->in)
		leg->in->denials_changed = true;
}

int16_t *media_member_next(struct media_leg *leg)
{
	return mixer_voice_next(&leg->in->mixer, &leg->member->voice);
}

/* Repeats the frame before, half as loud at its end. */
static bool make_up(struct media_leg *leg, int16_t *pcm)
{
	struct media_member *member = leg->member;
	uint32_t frame = leg->in->mixer.frame;
	unsigned samples = mixer_samples(member->voice.rate);

	if (member->voice.frame[frame & 1] != frame || ++member->faded > FADE_FRAMES)
		return false;
	pcm_fade(pcm, member->voice.pcm[frame & 1], 256, samples);
	return true;
}

static bool take_sound(struct media_leg *leg, uint64_t now, int16_t *pcm)
{
	struct media_member *member = leg->member;
	const uint8_t *data;
	bool fresh = member->fresh;

	if (leg->stream) {
		member->fresh = false;
		return fresh;
	}
	switch (jitter_get(&member->jitter, now, &data)) {
	case JITTER_SOUND:
		if (leg->muted)
			return false;
		member->codec->decode(data, member->jitter.frame_bytes, pcm);
		member->faded = 0;
		return true;
	case JITTER_LOST:
		return make_up(leg, pcm);
	case JITTER_SILENCE:
		break;
	}
	member->faded = FADE_FRAMES;
	return false;
}

void media_member_give(struct media_leg *leg, uint64_t now)
{
	struct media_room *room = leg->in;
	struct mixer_voice *voice = &leg->member->voice;
	int16_t *pcm = mixer_voice_next(&room->mixer, voice);
	bool sound;

	if (!mixer_voice_due(&room->mixer, voice))
		return;
	sound = take_sound(leg, now, pcm);
	if (!sound)
		memset(pcm, 0, mixer_samples(voice->rate) * sizeof(*pcm));
	mixer_hear(&room->mixer, voice, sound && !leg->muted,
		room->telephones > 2 ? CONFERENCE_LEVEL : TWO_LEVEL);
}

/* 20 ms of what the leg is to hear. What is played to it alone is only decoded when there is
 * something else to be heard. */
static void fill_frame(struct media_leg *leg, uint8_t *out)
{
	const struct codec *codec = leg->agreed.codec;
	size_t bytes = codec->bytes_per_ms * MIXER_FRAME_MS;
	struct mixer *mixer = &leg->in->mixer;
	struct mixer_listener listener = {
		.codec = codec,
		.rate = leg->member->voice.rate,
		.own = &leg->member->voice,
		.denials = leg->denied,
	};
	uint8_t played[MIXER_FRAME_MS * 96];
	int16_t pcm[MIXER_FRAME_MAX];

	if (!leg->player.plays.first) {
		if (leg->deaf || !mixer_listen(mixer, &listener, out))
			memset(out, codec->silence, bytes);
		return;
	}
	if (leg->deaf || !mixer_audible(mixer, &listener)) {
		media_player_fill(&leg->player, codec, out, bytes);
		return;
	}
	media_player_fill(&leg->player, codec, played, bytes);
	codec->decode(played, bytes, pcm);
	mixer_listen_with(mixer, &listener, pcm, out);
}

void media_member_queue(struct media_leg *leg)
{
	struct media_member *member = leg->member;
	size_t bytes = leg->agreed.codec->bytes_per_ms * MIXER_FRAME_MS;

	if (!leg->agreed.send || member->queued + bytes > member->queue_size)
		return;
	fill_frame(leg, member->queue + member->queued);
	member->queued += bytes;
}

/* Silence until there is enough for a packet: after the first of them there always is. */
static void take_queued(struct media_leg *leg, uint8_t *out)
{
	struct media_member *member = leg->member;

	if (member->queued < leg->frame_bytes) {
		memset(out, leg->agreed.codec->silence, leg->frame_bytes);
		return;
	}
	memcpy(out, member->queue, leg->frame_bytes);
	member->queued -= leg->frame_bytes;
	memmove(member->queue, member->queue + leg->frame_bytes, member->queued);
}

void media_member_fill(struct media_leg *leg, uint8_t *out)
{
	if (leg->served == SERVED_QUEUED)
		take_queued(leg, out);
	else
		fill_frame(leg, out);
}
