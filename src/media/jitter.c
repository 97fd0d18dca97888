#include "media/jitter.h"

#include <string.h>

#include "base/clock.h"

#define DRY_MAX	     3			  /* frames that are made up */
#define WATCH	     150		  /* frames: three seconds */
#define AGED	     (10 * USEC_PER_MSEC) /* the first packet can be taken */
#define SPARE_FRAMES 2
#define MAX_FRAMES   5
#define JUMP_MS	     2000 /* time stamps that jump by more begin anew */

size_t jitter_ring_bytes(const struct codec *codec)
{
	return codec->bytes_per_ms * JITTER_FRAME_MS * JITTER_FRAMES;
}

static void clear(struct jitter *j)
{
	j->running = false;
	j->taken = false;
	j->head = 0;
	memset(j->filled_ms, 0, sizeof(j->filled_ms));
	memset(j->ring, j->codec->silence, (size_t)j->frame_bytes * JITTER_FRAMES);
}

void jitter_init(struct jitter *j, const struct codec *codec, uint8_t *ring)
{
	memset(j, 0, sizeof(*j));
	j->codec = codec;
	j->ring = ring;
	j->frame_bytes = (unsigned)codec->bytes_per_ms * JITTER_FRAME_MS;
	j->frame_units = codec->rtp_rate / 1000 * JITTER_FRAME_MS;
	clear(j);
}

void jitter_stop(struct jitter *j)
{
	if (j->running)
		clear(j);
}

static int32_t waiting(const struct jitter *j)
{
	return (int32_t)(j->newest - j->read);
}

/* Leaves the next frame behind. */
static void step(struct jitter *j)
{
	memset(j->ring + (size_t)j->head * j->frame_bytes, j->codec->silence, j->frame_bytes);
	j->filled_ms[j->head] = 0;
	j->head = (uint8_t)((j->head + 1) % JITTER_FRAMES);
	j->read += j->frame_units;
}

static void leave_taken(struct jitter *j)
{
	if (j->taken)
		step(j);
	j->taken = false;
}

static void skip_to(struct jitter *j, unsigned frames)
{
	while (waiting(j) > (int32_t)(frames * j->frame_units))
		step(j);
	j->watched = 0;
}

static void begin(struct jitter *j, const struct rtp_packet *packet, uint64_t now)
{
	clear(j);
	j->running = true;
	j->read = j->newest = packet->timestamp;
	j->whole = packet->length == j->frame_bytes;
	j->began = now;
	j->waits = 1;
	j->dry = 0;
	j->watched = 0;
}

static bool jumped(const struct jitter *j, uint32_t timestamp)
{
	int32_t limit = (int32_t)(j->codec->rtp_rate / 1000 * JUMP_MS);
	int32_t from_read = (int32_t)(timestamp - j->read);

	return from_read > limit || from_read < -limit;
}

/* Copies what lies in the frames ahead; offset in units from the next frame on. */
static void store(struct jitter *j, uint32_t offset, const uint8_t *data, size_t bytes)
{
	while (bytes > 0 && offset < j->frame_units * JITTER_FRAMES) {
		unsigned frame = (j->head + offset / j->frame_units) % JITTER_FRAMES;
		size_t at = (size_t)(offset % j->frame_units) * j->frame_bytes / j->frame_units;
		size_t some = j->frame_bytes - at < bytes ? j->frame_bytes - at : bytes;

		memcpy(j->ring + (size_t)frame * j->frame_bytes + at, data, some);
		j->filled_ms[frame] =
			(uint8_t)(j->filled_ms[frame] + some / j->codec->bytes_per_ms);
		data += some;
		bytes -= some;
		offset += (uint32_t)(some * j->frame_units / j->frame_bytes);
	}
}

void jitter_put(struct jitter *j, const struct rtp_packet *packet, uint64_t now)
{
	uint32_t units = (uint32_t)(packet->length * j->frame_units / j->frame_bytes), late;
	const uint8_t *data = packet->payload;
	size_t bytes = packet->length;

	leave_taken(j);
	if (!j->running || jumped(j, packet->timestamp))
		begin(j, packet, now);
	if ((int32_t)(packet->timestamp + units - j->newest) > 0)
		j->newest = packet->timestamp + units;
	if (waiting(j) > (int32_t)(j->frame_units * JITTER_FRAMES))
		skip_to(j, SPARE_FRAMES);
	late = (int32_t)(packet->timestamp - j->read) < 0 ? j->read - packet->timestamp : 0;
	if (late >= units)
		return;
	data += (size_t)late * j->frame_bytes / j->frame_units;
	bytes -= (size_t)late * j->frame_bytes / j->frame_units;
	store(j, packet->timestamp + late - j->read, data, bytes);
}

void jitter_resume(struct jitter *j)
{
	if (!j->running)
		return;
	leave_taken(j);
	skip_to(j, 1);
	j->waits = 0;
	j->dry = 0;
}

/* Nothing new has come. The place is kept: if the sound was only late, it is heard yet. */
static enum jitter_answer underrun(struct jitter *j)
{
	j->watched = 0;
	if (++j->dry <= DRY_MAX)
		return JITTER_LOST;
	jitter_stop(j);
	return JITTER_SILENCE;
}

static void adapt(struct jitter *j)
{
	int32_t spare = waiting(j) - (int32_t)j->frame_units;

	if (spare > (int32_t)(MAX_FRAMES * j->frame_units)) {
		skip_to(j, SPARE_FRAMES + 1);
		return;
	}
	if (j->watched == 0 || spare < j->spare)
		j->spare = spare;
	if (++j->watched < WATCH)
		return;
	j->watched = 0;
	if (j->spare >= (int32_t)(SPARE_FRAMES * j->frame_units))
		step(j);
}

static bool has_aged(const struct jitter *j, uint64_t now)
{
	return j->whole && now > j->began && now - j->began >= AGED;
}

enum jitter_answer jitter_get(struct jitter *j, uint64_t now, const uint8_t **ret_data)
{
	if (!j->running)
		return JITTER_SILENCE;
	leave_taken(j);
	if (j->waits > 0) {
		j->waits--;
		if (!has_aged(j, now))
			return JITTER_SILENCE;
	}
	adapt(j);
	if (waiting(j) <= 0)
		return underrun(j);
	j->taken = true;
	*ret_data = j->ring + (size_t)j->head * j->frame_bytes;
	if (j->filled_ms[j->head]) {
		j->dry = 0;
		return JITTER_SOUND;
	}
	j->dry = (uint8_t)(j->dry < DRY_MAX ? j->dry + 1 : DRY_MAX + 1);
	return j->dry <= DRY_MAX ? JITTER_LOST : JITTER_SILENCE;
}
