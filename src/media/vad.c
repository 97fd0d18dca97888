#include "media/vad.h"

#include <math.h>
#include <string.h>

#define SILENCE_DB -96.0f
#define NOISE_MAX  -40.0f /* of what it is at first: a caller may speak at once */
#define NOISE_MIN  -75.0f
#define LEARN	   5 /* frames before it decides */
/* By sensitivity, 100 to 0. */
#define MARGIN_DB      6.0f
#define MARGIN_STEP_DB 0.2f
#define LOWEST_DB      -55.0f
#define LOWEST_STEP_DB 0.2f
#define HOLD_MARGIN    0.6f /* of the margin is enough to go on */
/* How the noise is followed, parts of the way in a frame. */
#define NOISE_FALLS	    0.3f
#define NOISE_RISES	    0.05f
#define NOISE_RISES_LOUD_DB 0.03f
#define EVEN_DB		    6.0f /* within a second: noise, not speech */

#define VOICED_HZ	 1500.0f
#define BEGIN_FRAMES	 (VAD_BEGIN_MS / VAD_FRAME_MS)
#define VOICED_FRAMES	 4
#define TONE_DB		 0.7f /* the levels of a tone differ by less */
#define TONE_CROSSING_HZ 60.0f

void vad_init(struct vad *vad, unsigned rate, unsigned sensitivity, unsigned end_ms)
{
	float dull = 100.0f - (float)sensitivity;

	*vad = (struct vad){
		.rate = rate,
		.end_ms = end_ms,
		.margin = MARGIN_DB + MARGIN_STEP_DB * dull,
		.lowest = LOWEST_DB + LOWEST_STEP_DB * dull,
		.noise = NOISE_MAX,
	};
}

void vad_stop(struct vad *vad)
{
	vad->speaking = false;
	memset(vad->window, 0, sizeof(vad->window));
}

static void measure(const struct vad *vad, const int16_t *pcm, struct vad_look *look)
{
	size_t samples = vad->rate * VAD_FRAME_MS / 1000;
	float mean = 0, energy = 0, last = 0;
	unsigned crossings = 0;

	for (size_t i = 0; i < samples; i++)
		mean += pcm[i];
	mean /= (float)samples;
	for (size_t i = 0; i < samples; i++) {
		float x = ((float)pcm[i] - mean) / 32768.0f;

		energy += x * x;
		crossings += (x < 0) != (last < 0);
		last = x;
	}
	energy /= (float)samples;
	look->level = energy > 0 ? fmaxf(10.0f * log10f(energy), SILENCE_DB) : SILENCE_DB;
	look->crossings = (float)crossings * (1000.0f / VAD_FRAME_MS) / 2.0f;
}

/* What stays even for a second; the mean goes to *ret_level. */
static bool is_even(const struct vad *vad, float *ret_level)
{
	float low = vad->levels[0], high = low, sum = 0;

	if (vad->frames < VAD_EVEN)
		return false;
	for (size_t i = 0; i < VAD_EVEN; i++) {
		low = fminf(low, vad->levels[i]);
		high = fmaxf(high, vad->levels[i]);
		sum += vad->levels[i];
	}
	*ret_level = sum / VAD_EVEN;
	return high - low < EVEN_DB;
}

static void follow_noise(struct vad *vad, const struct vad_look *look)
{
	float even;

	vad->levels[vad->frames % VAD_EVEN] = look->level;
	if (look->level < vad->noise)
		vad->noise += (look->level - vad->noise) * NOISE_FALLS;
	else if (!look->loud)
		vad->noise += (look->level - vad->noise) * NOISE_RISES;
	else
		vad->noise += NOISE_RISES_LOUD_DB;
	if (is_even(vad, &even) && even > vad->noise)
		vad->noise = even;
	vad->noise = fmaxf(vad->noise, NOISE_MIN);
}

/* Beeps: one level and one pitch. */
static bool is_tone(const struct vad *vad)
{
	float low = 0, high = 0, slow = 0, fast = 0;
	unsigned count = 0;

	for (size_t i = 0; i < VAD_WINDOW; i++) {
		const struct vad_look *look = &vad->window[i];

		if (!look->loud)
			continue;
		low = count ? fminf(low, look->level) : look->level;
		high = count ? fmaxf(high, look->level) : look->level;
		slow = count ? fminf(slow, look->crossings) : look->crossings;
		fast = count ? fmaxf(fast, look->crossings) : look->crossings;
		count++;
	}
	return high - low < TONE_DB && fast - slow < TONE_CROSSING_HZ;
}

/* Frames since the first loud one of the window; 0 when it is not speech. */
static unsigned find_beginning(const struct vad *vad)
{
	unsigned loud = 0, voiced = 0, first = 0;

	for (unsigned i = 0; i < VAD_WINDOW; i++) {
		const struct vad_look *look = &vad->window[(vad->frames + i) % VAD_WINDOW];

		if (look->loud && !loud)
			first = VAD_WINDOW - i;
		loud += look->loud;
		voiced += look->loud && look->crossings < VOICED_HZ;
	}
	return loud >= BEGIN_FRAMES && voiced >= VOICED_FRAMES && !is_tone(vad) ? first : 0;
}

static enum vad_change wait_for_speech(struct vad *vad)
{
	unsigned frames = find_beginning(vad);

	if (!frames)
		return VAD_SAME;
	vad->speaking = true;
	vad->spoken_ms = frames * VAD_FRAME_MS;
	return VAD_BEGAN;
}

static enum vad_change wait_for_silence(struct vad *vad)
{
	vad->spoken_ms += VAD_FRAME_MS;
	if (!vad->end_ms || vad->silent_ms < vad->end_ms)
		return VAD_SAME;
	vad_stop(vad);
	return VAD_ENDED;
}

enum vad_change vad_frame(struct vad *vad, const int16_t *pcm)
{
	struct vad_look *look = &vad->window[vad->frames % VAD_WINDOW];
	float margin = vad->speaking ? vad->margin * HOLD_MARGIN : vad->margin;

	measure(vad, pcm, look);
	look->loud = vad->frames >= LEARN && look->level > vad->noise + margin &&
		     look->level > vad->lowest;
	follow_noise(vad, look);
	vad->frames++;
	vad->silent_ms = look->loud ? 0 : vad->silent_ms + VAD_FRAME_MS;
	return vad->speaking ? wait_for_silence(vad) : wait_for_speech(vad);
}

unsigned vad_spoken_ms(const struct vad *vad)
{
	return vad->spoken_ms;
}

unsigned vad_silent_ms(const struct vad *vad)
{
	return vad->silent_ms;
}
