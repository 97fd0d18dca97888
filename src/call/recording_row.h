/* recording_row.h - what the store knows of a recording: whose it is. Core thread only. */
#ifndef CALL_RECORDING_ROW_H
#define CALL_RECORDING_ROW_H

#include "call/recording.h"
#include "store/store.h"

/* A store of NULL remembers nothing. */
void recording_row_begin(struct store *store, struct store_recording *row, const char *id,
	const struct recording_spec *spec, uint64_t start_wall);
void recording_row_end(
	struct store *store, struct store_recording *row, uint64_t end_wall, uint64_t size);
void recording_row_release(struct store_recording *row);
/* Those that are older than so many days. */
void recording_rows_forget(struct store *store, unsigned days);

#endif
