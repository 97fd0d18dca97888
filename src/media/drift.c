#include "media/drift.h"

#define VISITS	    50 /* a second */
#define REAL_TIME   40 /* visits of them that find something new */
#define EXCESS_MAX  5  /* frames in a second: what nobody notices */
#define LEAD_MAX    50 /* frames: more is meant */
#define STRANGE_MAX 3  /* a stall makes one or two */

static void judge(struct drift *d, size_t frame)
{
	size_t least = d->least < frame ? frame : d->least; /* one frame is slack */
	size_t excess;

	d->excess = 0;
	if (d->arrivals < REAL_TIME) {
		d->known = d->known && ++d->strange < STRANGE_MAX;
		return;
	}
	d->strange = 0;
	if (!d->known || least < d->usual || least - d->usual > LEAD_MAX * frame)
		d->usual = least;
	d->known = true;
	excess = (least - d->usual) / frame;
	d->excess = excess < EXCESS_MAX ? (unsigned)excess : EXCESS_MAX;
}

void drift_watch(struct drift *d, size_t waiting, size_t frame)
{
	if (d->visits == 0 || waiting < d->least)
		d->least = waiting;
	d->arrivals += d->arrived;
	d->arrived = false;
	if (++d->visits < VISITS)
		return;
	judge(d, frame);
	d->visits = d->arrivals = 0;
}
