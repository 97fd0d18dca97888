/* transcript_reader.h - what is said in a recording, piece by piece. Blocks on the disk: for a
 * worker, one at a time. */
#ifndef CALL_TRANSCRIPT_READER_H
#define CALL_TRANSCRIPT_READER_H

#include <stddef.h>
#include <stdint.h>

struct transcript_reader;

struct spoken {
	unsigned channel; /* from 0 */
	uint64_t at_ms, ms;
	int16_t *pcm; /* malloc'd */
	size_t samples;
};

/* 0, or negative errno. */
int transcript_reader_open(const char *path, struct transcript_reader **ret_reader);
struct transcript_reader *transcript_reader_free(struct transcript_reader *reader);

unsigned transcript_reader_rate(const struct transcript_reader *reader);
unsigned transcript_reader_channels(const struct transcript_reader *reader);
/* Read so far. */
uint64_t transcript_reader_ms(const struct transcript_reader *reader);

/* In the order in which they end. 1 and *ret_spoken, or 0: that was all, or negative errno. */
int transcript_reader_next(struct transcript_reader *reader, struct spoken *ret_spoken);

#endif
