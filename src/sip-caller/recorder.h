/* recorder.h - what a leg hears, written as WAV, and judged: how long, how much of it sound.
 * Core thread of sip-caller; draining the tap does not wait. */
#ifndef SIP_CALLER_RECORDER_H
#define SIP_CALLER_RECORDER_H

#include "loop/loop.h"
#include "media/engine.h"

struct recorder;

/* path NULL: only judges. NULL with a malloc'd *ret_error when it cannot be written. To be
 * called before the leg's media starts. */
struct recorder *recorder_new(struct loop *loop, struct media_leg *leg, const char *path,
	unsigned sample_rate, char **ret_error);

/* Takes what is left, closes the file. NULL allowed; returns NULL. */
struct recorder *recorder_free(struct recorder *recorder);

struct recorder_report {
	double heard_s; /* what came in */
	double sound_s; /* of it louder than -50 dBFS */
};
void recorder_report(struct recorder *recorder, struct recorder_report *ret_report);

#endif
