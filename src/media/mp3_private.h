/* mp3_private.h - what the files of the encoder share:
 *
 *   mp3_filter.c  samples to 576 spectral lines: filter bank, transform, alias reduction
 *   mp3_code.c    whole numbers to bits: choice and count of Huffman codes, writing
 *   mp3_encoder.c frames: the step size that fits, headers
 *   mp3_table.c   the standard's numbers
 */
#ifndef MEDIA_MP3_PRIVATE_H
#define MEDIA_MP3_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "media/mp3_encoder.h"

#define MP3_BANDS  32
#define MP3_SLOTS  18 /* samples of a band in a granule */
#define MP3_WINDOW 512
#define MP3_TABLES 32

/* --- the filter, one for each channel --- */

/* Four at a time: what SSE2 and NEON have, and compilers make do without. */
typedef float mp3_vec __attribute__((vector_size(16), may_alias));
#define MP3_LANES     4
#define MP3_BAND_VECS (MP3_BANDS / MP3_LANES)

/* Sound of half the sampling rate (narrow) has nothing in the upper half of the bands. */
#define MP3_NARROW_FRAME (MP3_FRAME / 2)
#define MP3_NARROW_LINES (MP3_FRAME / 2 + 16) /* alias reduction reaches into the next band */

struct mp3_filter {
	/* Newest first: a granule, and the window's length before it. */
	mp3_vec line[(MP3_FRAME + MP3_WINDOW) / MP3_LANES];
	mp3_vec before[MP3_SLOTS][MP3_BAND_VECS]; /* the granule before */
	bool silent;				  /* nothing but zeros in both */
};

/* Constant once it is made. */
struct mp3_math {
	mp3_vec window[MP3_WINDOW / MP3_LANES];
	mp3_vec narrow_window[MP3_WINDOW / 2 / MP3_LANES];
	mp3_vec modulation[MP3_BANDS][MP3_BAND_VECS / 2]; /* of the filter bank */
	float slope[2 * MP3_SLOTS];			  /* the transform's window */
	float transform[MP3_SLOTS][MP3_SLOTS];
	float alias_same[8], alias_other[8];
};

void mp3_math_init(struct mp3_math *math);

/* A granule of samples, `stride` apart, to lines in order of frequency: MP3_FRAME of them, or with
 * `narrow` half as many samples and MP3_NARROW_LINES. False: silence, and no lines. */
bool mp3_filter_run(struct mp3_filter *filter, const struct mp3_math *math, bool narrow,
	const int16_t *pcm, size_t stride, float lines[MP3_FRAME]);

/* What it remembers gets its rate doubled, by lines between the samples. */
void mp3_filter_widen(struct mp3_filter *filter);

/* --- the code --- */

struct mp3_table {
	const uint32_t *codes; /* NULL: not used */
	uint8_t max;	       /* of a value; 15 with linbits: and more */
	uint8_t linbits;
};

extern const struct mp3_table mp3_tables[MP3_TABLES];
extern const uint32_t *const mp3_quad_codes[2];
extern const int32_t mp3_prototype[MP3_WINDOW / 2 + 1];

#define MP3_MAX_VALUE (15 + 8191)

/* How the lines of a granule are coded. */
struct mp3_plan {
	unsigned bits;	     /* of all codes and signs */
	unsigned pairs;	     /* big values */
	unsigned quads;	     /* after them, all 0 or 1; the rest is zero */
	unsigned quad_table; /* 0 or 1 */
	unsigned regions[3]; /* how many lines each has */
	unsigned bands[2];   /* region0_count, region1_count */
	unsigned tables[3];
};

/* values: magnitudes. */
void mp3_plan_make(struct mp3_plan *plan, const uint16_t values[MP3_FRAME]);

/* Bits, the most significant first. */
struct mp3_bits {
	uint8_t *out;
	uint64_t waiting; /* the last ones, not yet a byte */
	unsigned count;	  /* of them */
};

/* At most 32. */
static inline void mp3_bits_put(struct mp3_bits *bits, uint32_t value, unsigned count)
{
	bits->waiting = bits->waiting << count | value;
	bits->count += count;
	while (bits->count >= 8) {
		bits->count -= 8;
		*bits->out++ = (uint8_t)(bits->waiting >> bits->count);
	}
}

void mp3_plan_write(const struct mp3_plan *plan, const uint16_t values[MP3_FRAME],
	const float lines[MP3_FRAME], struct mp3_bits *bits);

#endif
