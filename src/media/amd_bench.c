#include "media/amd_bench.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "media/decode.h"
#include "media/g711.h"
#include "media/prompt.h"

#define RATE 8000

void line_release(struct line *line)
{
	free(line->samples);
	*line = (struct line){0};
}

static int16_t over_the_line(double sample)
{
	sample = fmax(-32768, fmin(32767, sample));
	return ulaw_decode(ulaw_encode((int16_t)sample));
}

static int16_t *grow(struct line *line, size_t count)
{
	line->samples = xrealloc(line->samples, (line->count + count + 1) * sizeof(int16_t));
	line->count += count;
	return line->samples + line->count - count;
}

void line_silence(struct line *line, double seconds)
{
	line_tone(line, 0, 0, -100, seconds);
}

void line_tone(struct line *line, double hertz1, double hertz2, double level, double seconds)
{
	size_t count = (size_t)(seconds * RATE);
	int16_t *out = grow(line, count);
	double size = 32767 * pow(10, level / 20);

	for (size_t i = 0; i < count; i++)
		out[i] = over_the_line(size * sin(2 * M_PI * hertz1 * i / RATE) +
				       size * sin(2 * M_PI * hertz2 * i / RATE));
}

static struct prompt *speak(const char *voice, const char *text)
{
	struct strbuf wav = STRBUF_INIT;
	struct prompt *prompt = prompt_new(&codec_pcmu);
	char *command = xasprintf("espeak-ng -v %s --stdout \"%s\" 2>/dev/null", voice, text);
	FILE *pipe = popen(command, "r");
	const char *error;
	char piece[4096];
	size_t n;

	while (pipe && (n = fread(piece, 1, sizeof(piece), pipe)) > 0)
		strbuf_add(&wav, piece, n);
	if (!pipe || pclose(pipe) != 0 ||
		decode_file(wav.data, wav.length, 0, NULL, prompt, &error) < 0) {
		prompt_unref(prompt);
		prompt = NULL;
	}
	strbuf_release(&wav);
	free(command);
	return prompt;
}

bool line_speech(struct line *line, const char *voice, const char *text)
{
	struct prompt *prompt = speak(voice, text);
	const uint8_t *data;
	size_t n;

	if (!prompt)
		return false;
	for (size_t at = 0; (n = prompt_peek(prompt, at, 1 << 20, &data)) > 0; at += n)
		codec_pcmu.decode(data, n, grow(line, n));
	prompt_unref(prompt);
	return true;
}

/* The same numbers in each run. */
static double random_between(uint32_t *state, double low, double high)
{
	*state = *state * 1664525 + 1013904223;
	return low + (high - low) * (*state >> 8) / (1 << 24);
}

void line_disturb(struct line *line, double gain, double noise)
{
	double factor = pow(10, gain / 20), edge = noise * sqrt(3);
	uint32_t state = 1;

	for (size_t i = 0; i < line->count; i++)
		line->samples[i] = over_the_line(
			line->samples[i] * factor + random_between(&state, -edge, edge));
}
