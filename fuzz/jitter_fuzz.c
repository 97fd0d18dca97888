/* The jitter buffer with packets of any length, time stamp and order, and frames taken between. */
#include <stddef.h>
#include <stdint.h>

#include "media/g711.h"
#include "media/jitter.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t ring[160 * JITTER_FRAMES], payload[1500];
	struct jitter jitter;
	uint32_t timestamp = 0;
	uint64_t now = 0;

	jitter_init(&jitter, &codec_pcmu, ring);
	for (; size >= 3; data += 3, size -= 3) {
		struct rtp_packet packet = {.payload = payload, .length = get16(data) % 1500};
		const uint8_t *frame;

		now += data[1] * 100u;
		timestamp += (uint32_t)(int8_t)data[2] * (data[0] & 1 ? 40 : 4000);
		packet.timestamp = timestamp;
		jitter_put(&jitter, &packet, now);
		for (unsigned i = 0; i < data[1] % 4; i++)
			jitter_get(&jitter, now, &frame);
		if (data[0] == 7)
			jitter_resume(&jitter);
	}
	return 0;
}
