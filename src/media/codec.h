/* codec.h - the codecs nccod speaks, one row each.
 *
 * To add a codec: write codec_NAME.c with a `const struct codec` and add one row to
 * codec_table[] in codec.c. SDP, prompts, the player and the configuration key for codecs
 * read the table. Pure functions, any thread, no allocation. */
#ifndef MEDIA_CODEC_H
#define MEDIA_CODEC_H

#include <stddef.h>
#include <stdint.h>

struct codec {
	const char *name;	 /* as in a=rtpmap, compared without case */
	uint32_t rtp_rate;	 /* RTP clock, Hz */
	uint32_t sample_rate;	 /* of the PCM that encode and decode work on, Hz */
	int static_payload_type; /* RFC 3551 table 4, or -1 */
	size_t bytes_per_ms;	 /* encoded; every ptime is a slice of a prompt */
	uint8_t silence;	 /* the byte that fills silence */

	/* `samples` PCM values in, samples * bytes_per_ms * 1000 / sample_rate bytes out. */
	void (*encode)(const int16_t *pcm, size_t samples, uint8_t *out);
	/* `bytes` in, one int16 for each sample out; returns the samples. */
	size_t (*decode)(const uint8_t *in, size_t bytes, int16_t *pcm);
};

extern const struct codec *const codec_table[]; /* in order of preference, ends with NULL */

/* By rtpmap name (no case) and clock, or by static payload type; NULL when not ours. */
const struct codec *codec_find(const char *name, uint32_t rtp_rate);
const struct codec *codec_find_static(int payload_type);

/* Linear sound of a rate in this machine's byte order, which no SDP offers: for streams and what is
 * played to them. 8000, 16000, 24000 or 48000 Hz, else NULL. */
const struct codec *codec_l16(uint32_t rate);

#endif
