/* amd_bench.h - for tests: sound as it comes over a telephone line, mu-law at 8 kHz, made of
 * speech, tones, silence and noise. */
#ifndef MEDIA_AMD_BENCH_H
#define MEDIA_AMD_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct line {
	int16_t *samples; /* what the listener gets, after mu-law */
	size_t count;
};

void line_release(struct line *line);

void line_silence(struct line *line, double seconds);
/* hertz2 0: one tone. Level in dB against full scale, of each. */
void line_tone(struct line *line, double hertz1, double hertz2, double level, double seconds);
/* Spoken by espeak-ng; false when it is not installed. */
bool line_speech(struct line *line, const char *voice, const char *text);
/* Over all that is there: dB louder, then noise of that root mean square. */
void line_disturb(struct line *line, double gain, double noise);

#endif
