/* Samples to spectral lines (ISO/IEC 11172-3, section C.1.3, and 2.4.3.4.10 backwards), four bands
 * or four neighbouring samples at a time. The loops are for vectors by hand: left to itself the
 * compiler takes other loops, at twice the time. */
#pragma GCC optimize("O3")

#include "media/mp3_private.h"

#include <math.h>
#include <string.h>

#define HALF	  (MP3_BANDS / 2)
#define HALF_VECS (HALF / MP3_LANES)
#define QUARTER	  (MP3_SLOTS / 2) /* of the transform's window */

static float *floats(mp3_vec *vectors)
{
	return (float *)vectors;
}

static inline mp3_vec all(float value)
{
	return (mp3_vec){value, value, value, value};
}

void mp3_math_init(struct mp3_math *math)
{
	static const double alias[8] = {
		-0.6, -0.535, -0.33, -0.185, -0.095, -0.041, -0.0142, -0.0037};

	for (int i = 0; i < MP3_WINDOW; i++) {
		int sign = i / 64 % 2 ? -1 : 1, from = i <= 256 ? i : 512 - i;

		floats(math->window)[i] = (float)(sign * mp3_prototype[from] / 2097152.0 / 32768.0);
	}
	/* Zeros between the samples double their number, and halve what they amount to. */
	for (int i = 0; i < MP3_WINDOW / 2; i++)
		floats(math->narrow_window)[i] = 2 * floats(math->window)[2 * i + 1];
	for (int m = 0; m < MP3_BANDS; m++)
		for (int band = 0; band < HALF; band++)
			floats(math->modulation[m])[band] =
				(float)cos((2 * band + 1) * m * M_PI / 64);
	for (int i = 0; i < 2 * MP3_SLOTS; i++)
		math->slope[i] = (float)(sin(M_PI / 36 * (i + 0.5)) / 9);
	for (int line = 0; line < MP3_SLOTS; line++)
		for (int i = 0; i < MP3_SLOTS; i++)
			math->transform[line][i] =
				(float)cos(M_PI / 72 * (2 * i + 1) * (2 * line + 1));
	for (int i = 0; i < 8; i++) {
		math->alias_same[i] = (float)(1 / sqrt(1 + alias[i] * alias[i]));
		math->alias_other[i] = (float)(alias[i] / sqrt(1 + alias[i] * alias[i]));
	}
}

/* The 512 newest samples, windowed, to 64 sums; folded to 32, as the modulation is symmetric around
 * its 16th point and, but for signs, around its 48th. */
static void window(const struct mp3_math *math, const mp3_vec *newest, float folded[MP3_BANDS])
{
	mp3_vec vectors[64 / MP3_LANES];
	const float *sums = floats(vectors);

	for (int k = 0; k < 64 / MP3_LANES; k++) {
		mp3_vec sum = all(0);

		for (int j = 0; j < MP3_WINDOW / MP3_LANES; j += 64 / MP3_LANES)
			sum += math->window[j + k] * newest[j + k];
		vectors[k] = sum;
	}
	folded[0] = sums[16];
	for (int m = 1; m <= 16; m++)
		folded[m] = sums[16 + m] + sums[16 - m];
	for (int m = 17; m < MP3_BANDS; m++)
		folded[m] = sums[16 + m] - sums[80 - m];
}

/* One slot of the filter bank. The bands from both ends differ in the signs of the odd terms. */
static void analyse(
	const struct mp3_math *math, const mp3_vec *newest, mp3_vec bands[MP3_BAND_VECS])
{
	float folded[MP3_BANDS], *out = floats(bands);
	mp3_vec even[HALF_VECS] = {0}, odd[HALF_VECS] = {0};

	window(math, newest, folded);
	for (int m = 0; m < MP3_BANDS; m += 2) {
		mp3_vec first = all(folded[m]), second = all(folded[m + 1]);

		for (int v = 0; v < HALF_VECS; v++) {
			even[v] += math->modulation[m][v] * first;
			odd[v] += math->modulation[m + 1][v] * second;
		}
	}
	for (int band = 0; band < HALF; band++) {
		float e = floats(even)[band], o = floats(odd)[band];

		out[band] = e + o;
		out[MP3_BANDS - 1 - band] = e - o;
	}
}

/* The same of samples with a zero behind each: every second sum is zero, and so are the even terms.
 * The upper bands would be the mirror of the lower ones, and are left out. */
static void analyse_narrow(
	const struct mp3_math *math, const mp3_vec *newest, mp3_vec bands[MP3_BAND_VECS])
{
	mp3_vec vectors[32 / MP3_LANES];
	const float *sums = floats(vectors); /* the odd ones */
	float folded[HALF];

	for (int k = 0; k < 32 / MP3_LANES; k++) {
		mp3_vec sum = all(0);

		for (int j = 0; j < MP3_WINDOW / 2 / MP3_LANES; j += 32 / MP3_LANES)
			sum += math->narrow_window[j + k] * newest[j + k];
		vectors[k] = sum;
	}
	for (int m = 0; m < 8; m++)
		folded[m] = sums[8 + m] + sums[7 - m];
	for (int m = 8; m < HALF; m++)
		folded[m] = sums[8 + m] - sums[39 - m];
	for (int v = 0; v < MP3_BAND_VECS; v++)
		bands[v] = all(0);
	for (int m = 0; m < HALF; m++) {
		mp3_vec factor = all(folded[m]);

		for (int v = 0; v < HALF_VECS; v++)
			bands[v] += math->modulation[2 * m + 1][v] * factor;
	}
}

/* Half the cosine transform of half the bands, of type IV. */
static void transform_half(const struct mp3_math *math, mp3_vec folded[MP3_SLOTS][MP3_BAND_VECS],
	int first, mp3_vec out[MP3_SLOTS][MP3_BAND_VECS])
{
	for (int line = 0; line < MP3_SLOTS; line++) {
		mp3_vec sum[HALF_VECS] = {0};

		for (int i = 0; i < MP3_SLOTS; i++) {
			mp3_vec factor = all(math->transform[line][i]);

			for (int v = 0; v < HALF_VECS; v++)
				sum[v] += factor * folded[i][first + v];
		}
		memcpy(&out[line][first], sum, sizeof(sum));
	}
}

/* The modified cosine transform of the bands, each over two granules: windowed, folded to half its
 * length, then a cosine transform. */
static void transform(const struct mp3_math *math, mp3_vec before[MP3_SLOTS][MP3_BAND_VECS],
	mp3_vec now[MP3_SLOTS][MP3_BAND_VECS], bool narrow, mp3_vec out[MP3_SLOTS][MP3_BAND_VECS])
{
	mp3_vec folded[MP3_SLOTS][MP3_BAND_VECS];
	const float *w = math->slope;

	for (int i = 0; i < QUARTER; i++) {
		mp3_vec *late = folded[i], *early = folded[QUARTER + i];

		for (int v = 0; v < MP3_BAND_VECS; v++) {
			late[v] = -all(w[26 - i]) * now[8 - i][v] - all(w[27 + i]) * now[9 + i][v];
			early[v] = all(w[i]) * before[i][v] - all(w[17 - i]) * before[17 - i][v];
		}
	}
	transform_half(math, folded, 0, out);
	if (!narrow)
		transform_half(math, folded, HALF_VECS, out);
}

static void reduce_alias(const struct mp3_math *math, float *lines, int bands)
{
	for (int band = 1; band < bands; band++) {
		float *up = lines + band * MP3_SLOTS, *down = up - 1;

		for (int i = 0; i < 8; i++) {
			float u = up[i], d = down[-i];

			down[-i] = d * math->alias_same[i] + u * math->alias_other[i];
			up[i] = u * math->alias_same[i] - d * math->alias_other[i];
		}
	}
}

static bool is_silent(const float *values, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (values[i] != 0)
			return false;
	return true;
}

static void take(
	struct mp3_filter *filter, size_t frame, size_t window, const int16_t *pcm, size_t stride)
{
	float *line = floats(filter->line);

	memmove(line + frame, line, window * sizeof(*line));
	for (size_t i = 0; i < frame; i++)
		line[frame - 1 - i] = pcm[i * stride];
}

static void analyse_all(struct mp3_filter *filter, const struct mp3_math *math, bool narrow,
	mp3_vec now[MP3_SLOTS][MP3_BAND_VECS])
{
	const mp3_vec upside_down = {1, -1, 1, -1}; /* the odd bands are, every second slot */
	int step = (narrow ? HALF : MP3_BANDS) / MP3_LANES;

	for (int slot = 0; slot < MP3_SLOTS; slot++) {
		const mp3_vec *newest = filter->line + (MP3_SLOTS - 1 - slot) * step;

		if (narrow)
			analyse_narrow(math, newest, now[slot]);
		else
			analyse(math, newest, now[slot]);
		for (int v = 0; slot % 2 && v < MP3_BAND_VECS; v++)
			now[slot][v] *= upside_down;
	}
}

bool mp3_filter_run(struct mp3_filter *filter, const struct mp3_math *math, bool narrow,
	const int16_t *pcm, size_t stride, float lines[MP3_FRAME])
{
	mp3_vec now[MP3_SLOTS][MP3_BAND_VECS], spectrum[MP3_SLOTS][MP3_BAND_VECS];
	size_t frame = narrow ? MP3_NARROW_FRAME : MP3_FRAME;
	size_t window = narrow ? MP3_WINDOW / 2 : MP3_WINDOW;
	int bands = narrow ? HALF : MP3_BANDS;
	bool was_silent = filter->silent;

	take(filter, frame, window, pcm, stride);
	filter->silent = is_silent(floats(filter->line), frame + window);
	if (was_silent && filter->silent)
		return false;
	analyse_all(filter, math, narrow, now);
	transform(math, filter->before, now, narrow, spectrum);
	memcpy(filter->before, now, sizeof(now));
	for (int line = 0; line < MP3_SLOTS; line++)
		for (int band = 0; band < bands; band++)
			lines[band * MP3_SLOTS + line] = floats(spectrum[line])[band];
	if (narrow)
		memset(lines + bands * MP3_SLOTS, 0,
			(MP3_NARROW_LINES - MP3_NARROW_FRAME) * sizeof(*lines));
	reduce_alias(math, lines, narrow ? bands + 1 : bands);
	return true;
}

void mp3_filter_widen(struct mp3_filter *filter)
{
	float *line = floats(filter->line);

	for (size_t i = MP3_WINDOW / 2; i-- > 0;) {
		float newer = i > 0 ? line[i - 1] : line[i];

		line[2 * i + 1] = line[i];
		line[2 * i] = (line[2 * i + 1] + newer) / 2;
	}
}
