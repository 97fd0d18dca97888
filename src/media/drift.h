/* drift.h - notices that a sender who writes in real time has come further ahead than it was:
 * because its clock is faster, or because something was late once and all that followed waits
 * since. Then the silence of what it says may be left out until it is where it was. A sender who is
 * ahead from the beginning or by more than a second, or does not write in real time, is left alone.
 * Pure. */
#ifndef MEDIA_DRIFT_H
#define MEDIA_DRIFT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct drift {
	bool arrived;	 /* something was written since the frame before */
	bool known;	 /* `usual` is */
	uint8_t strange; /* seconds, one after the other, that were not real time */
	unsigned visits, arrivals;
	size_t least, usual; /* samples that wait: in this second, in its first */
	unsigned excess;     /* frames that may be left out */
};

/* For each frame that was taken: how many samples wait behind it. */
void drift_watch(struct drift *drift, size_t waiting, size_t frame);

#endif
