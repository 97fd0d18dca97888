/* ear.h - what a leg hears and is sent, as linear sound in real time, for somebody on the core
 * thread: speech recognition, answering machine detection, media forks.
 *
 * Stands on a tape (tape.h), which it empties every 20 ms; the media thread only copies packets.
 * Both directions come in step, 20 ms at a time, in order and without holes: what the network
 * lost is silence, what it held up for longer than 60 ms too. A frame comes as soon as both
 * directions are there. Time is the leg's: none passes before media_leg_start(), nor once the leg
 * was freed. Core thread only. */
#ifndef MEDIA_EAR_H
#define MEDIA_EAR_H

#include <stddef.h>
#include <stdint.h>

#include "loop/loop.h"
#include "media/engine.h"

#define EAR_FRAME_MS 20

struct media_ear;

/* heard: what the leg's party says; sent: what it is given to hear. */
typedef void (*media_ear_fn)(void *arg, const int16_t *heard, const int16_t *sent, size_t samples);

/* rate: 8000, 16000, 24000 or 48000 Hz. on_frame is never called from within a call of this
 * module, nor after media_ear_free(); it may free the ear. */
struct media_ear *media_ear_new(
	struct loop *loop, struct media_leg *leg, unsigned rate, media_ear_fn on_frame, void *arg);
struct media_ear *media_ear_free(struct media_ear *ear); /* before or after the leg; NULL allowed */

#endif
