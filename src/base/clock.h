/* clock.h - the two clocks. Any thread. Time is monotonic microseconds everywhere; the wall
 * clock appears only in what people or web applications read. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

#define USEC_PER_MSEC UINT64_C(1000)
#define USEC_PER_SEC  UINT64_C(1000000)

/* Microseconds on CLOCK_MONOTONIC; cannot fail. */
uint64_t clock_mono(void);

/* Microseconds since 1970 on CLOCK_REALTIME. */
uint64_t clock_wall(void);

/* Writes wall-clock microseconds as ISO 8601 in UTC with milliseconds,
 * "2026-11-21T06:10:00.123Z", into out and returns out. */
#define CLOCK_ISO_SIZE 32
char *clock_iso(uint64_t wall, char out[CLOCK_ISO_SIZE]);

#endif
