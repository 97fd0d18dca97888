/* upsample.h - twice the sample rate: 8 kHz of the telephone to the 16 kHz of a file. One
 * user at a time. The delay is UPSAMPLE_DELAY samples of the input. */
#ifndef MEDIA_UPSAMPLE_H
#define MEDIA_UPSAMPLE_H

#include <stddef.h>
#include <stdint.h>

#define UPSAMPLE_TAPS  24
#define UPSAMPLE_DELAY (UPSAMPLE_TAPS / 2)
#define UPSAMPLE_MAX   4096 /* samples at once */

struct upsample {
	int16_t taps[UPSAMPLE_TAPS];
	int16_t line[UPSAMPLE_TAPS + UPSAMPLE_MAX]; /* what came before, then what comes */
};

void upsample_init(struct upsample *up);

/* `samples` (at most UPSAMPLE_MAX) in, twice as many out, `stride` apart. */
void upsample_run(
	struct upsample *up, const int16_t *in, size_t samples, int16_t *out, size_t stride);

#endif
