#include "media/beep.h"

#include <math.h>
#include <stddef.h>

#define RATE	     8000.0
#define LOWEST	     390.0 /* of a tone of 400 Hz in noise */
#define HIGHEST	     2510.0
#define MIN_RMS	     150.0 /* -47 dB of full scale */
#define PURITY	     0.8   /* of the energy of a frame is the tone's */
#define STEADINESS   0.6   /* the weakest quarter of a frame to the strongest, in energy */
#define QUARTERS     4
#define DRIFT	     15.0 /* Hz within a run */
#define SWELL	     1.41 /* of the level within a run: 3 dB */
#define SOUNDS	     3	  /* frames: from then on it is no speech */
#define MAX_HOLES    1	  /* a lost packet */
#define MIN_FRAMES   7	  /* 140 ms whole, so 160 ms of tone wherever the frames lie */
#define MAX_FRAMES   150  /* 3 s: a line that whistles */
#define FAX_HERTZ    2100.0
#define FAX_SPREAD   30.0
#define FAX_FRAMES   75 /* 1.5 s; the answer of a fax lasts 2.6 s and more (T.30) */
#define RING_LOWEST  385.0
#define RING_HIGHEST 470.0 /* ringing and busy of one tone: 400, 425, 440, 450 Hz */
#define RING_FRAMES  30	   /* 600 ms; ringing is longer */
#define BUSY_QUIET   35	   /* 700 ms; a busy line is quiet for less */
#define QUIET	     15	   /* 300 ms until a beep counts */
#define MAX_TONES    2	   /* one after the other; three announce the network */
#define LOUD	     0.5   /* of the beep's level: not what a machine that listens sounds like */
#define MAX_LOUD     4	   /* frames of that */

struct tone {
	double hertz, rms;
};

static double energy_of(const int16_t *samples, size_t count)
{
	double energy = 0;

	for (size_t i = 0; i < count; i++)
		energy += (double)samples[i] * samples[i];
	return energy;
}

/* Two tones at a time swell and fade faster than that. */
static bool is_steady(const int16_t *samples)
{
	double least = INFINITY, most = 0;

	for (int i = 0; i < QUARTERS; i++) {
		double energy =
			energy_of(samples + i * BEEP_FRAME / QUARTERS, BEEP_FRAME / QUARTERS);

		least = fmin(least, energy);
		most = fmax(most, energy);
	}
	return least >= STEADINESS * most;
}

/* The frequency of one tone in white noise, which adds to the energy alone and not to the products
 * of neighbours (Pisarenko); 0: none. */
static double estimate(const int16_t *x)
{
	double next = 0, after = 0, root, cosine;

	for (int n = 2; n < BEEP_FRAME; n++) {
		next += (double)x[n] * x[n - 1];
		after += (double)x[n] * x[n - 2];
	}
	root = sqrt(after * after + 8 * next * next);
	if (root == 0)
		return 0;
	cosine = after < 0 ? 2 * next / (root - after) : (after + root) / (4 * next);
	return fabs(cosine) < 1 ? acos(cosine) * RATE / (2 * M_PI) : 0;
}

/* The part of `energy` that lies at this frequency (Goertzel). */
static double part_at(const int16_t *x, double hertz, double energy)
{
	double w = 2 * cos(2 * M_PI * hertz / RATE), s1 = 0, s2 = 0, s0;

	for (int n = 0; n < BEEP_FRAME; n++) {
		s0 = x[n] + w * s1 - s2;
		s2 = s1;
		s1 = s0;
	}
	return 2 * (s1 * s1 + s2 * s2 - w * s1 * s2) / (BEEP_FRAME * energy);
}

/* Noise draws the estimate towards the middle: climbs to the top beside it. */
static double climb(const int16_t *x, double *hertz, double energy)
{
	double best = part_at(x, *hertz, energy);

	for (double step = 16; step >= 2; step /= 2) {
		double above = part_at(x, *hertz + step, energy);
		double below = part_at(x, *hertz - step, energy);

		if (above > best && above >= below)
			*hertz += step;
		else if (below > best)
			*hertz -= step;
		best = fmax(best, fmax(above, below));
	}
	return best;
}

static bool find_tone(const int16_t *samples, struct tone *ret)
{
	double energy = energy_of(samples, BEEP_FRAME);

	ret->rms = sqrt(energy / BEEP_FRAME);
	if (ret->rms < MIN_RMS || !is_steady(samples))
		return false;
	ret->hertz = estimate(samples);
	if (ret->hertz < LOWEST / 2 || climb(samples, &ret->hertz, energy) < PURITY)
		return false;
	return ret->hertz >= LOWEST && ret->hertz <= HIGHEST;
}

static bool continues(const struct beep *beep, const struct tone *tone)
{
	return beep->frames > 0 && fabs(tone->hertz - beep->hertz) <= DRIFT &&
	       tone->rms < beep->level * SWELL && tone->rms * SWELL > beep->level;
}

static bool is_ringing(const struct beep *beep)
{
	return beep->hertz >= RING_LOWEST && beep->hertz <= RING_HIGHEST;
}

static void reset_tones(struct beep *beep)
{
	beep->tones = beep->quiet = beep->loud = 0;
	beep->ringing = false;
}

/* A run is over: is it one of a beep, or of what a network sounds like? */
static void end_run(struct beep *beep)
{
	if (beep->frames >= MIN_FRAMES) {
		if (beep->frames > MAX_FRAMES || beep->fax_told ||
			(is_ringing(beep) && beep->frames > RING_FRAMES))
			beep->ringing = true;
		beep->tones++;
		beep->last_hertz = beep->hertz;
		beep->last_peak = beep->peak;
		beep->quiet = beep->loud = 0;
	}
	beep->frames = beep->holes = 0;
	beep->fax_told = false;
}

static void begin_run(struct beep *beep, const struct tone *tone)
{
	beep->frames = 1;
	beep->hertz = tone->hertz;
	beep->level = beep->peak = tone->rms;
}

static bool is_fax(const struct beep *beep)
{
	return beep->frames == FAX_FRAMES && fabs(beep->hertz - FAX_HERTZ) <= FAX_SPREAD &&
	       !beep->fax_told;
}

/* No tone sounds: what did is known for what it was when nothing follows. In music, something
 * always does. */
static enum beep_event wait_for_more(struct beep *beep, double rms)
{
	bool low = beep->last_hertz >= RING_LOWEST && beep->last_hertz <= RING_HIGHEST;
	bool heard;

	if (beep->tones == 0)
		return BEEP_NONE;
	beep->loud += rms > LOUD * beep->last_peak;
	if (beep->loud <= MAX_LOUD && ++beep->quiet < (low ? BUSY_QUIET : QUIET))
		return BEEP_NONE;
	heard = !beep->ringing && beep->tones <= MAX_TONES && beep->loud <= MAX_LOUD;
	reset_tones(beep);
	return heard ? BEEP_HEARD : BEEP_NONE;
}

enum beep_event beep_feed(struct beep *beep, const int16_t samples[BEEP_FRAME])
{
	struct tone tone;
	bool found = find_tone(samples, &tone);

	if (found && continues(beep, &tone)) {
		beep->level = tone.rms;
		beep->peak = fmax(beep->peak, tone.rms);
		beep->frames += 1 + beep->holes;
		beep->holes = 0;
		if (!is_fax(beep))
			return BEEP_NONE;
		beep->fax_told = true;
		return BEEP_FAX;
	}
	if (!found && beep->frames > 0 && beep->holes++ < MAX_HOLES)
		return BEEP_NONE;
	end_run(beep);
	if (found)
		begin_run(beep, &tone);
	return found ? BEEP_NONE : wait_for_more(beep, tone.rms);
}

bool beep_sounds(const struct beep *beep)
{
	return beep->frames >= SOUNDS || beep->tones > 0;
}
