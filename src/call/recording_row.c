#include "call/recording_row.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"

void recording_row_begin(struct store *store, struct store_recording *row, const char *id,
	const struct recording_spec *spec, uint64_t start_wall)
{
	*row = (struct store_recording){
		.id = xstrdup(id),
		.application = xstrdup(spec->application),
		.call_uuid = xstrdup(spec->call_uuid),
		.conversation_uuid = xstrdup(spec->conversation_uuid),
		.format = xstrdup(spec->format->name),
		.begun = (int64_t)start_wall,
	};
	if (store)
		store_put_recording(store, row, NULL, NULL);
}

void recording_row_end(
	struct store *store, struct store_recording *row, uint64_t end_wall, uint64_t size)
{
	row->ended = (int64_t)end_wall;
	row->size = (int64_t)size;
	if (store)
		store_put_recording(store, row, NULL, NULL);
}

void recording_row_release(struct store_recording *row)
{
	free(row->id);
	free(row->application);
	free(row->call_uuid);
	free(row->conversation_uuid);
	free(row->format);
}

void recording_rows_forget(struct store *store, unsigned days)
{
	if (store)
		store_forget_recordings(
			store, (int64_t)(clock_wall() - days * 86400 * USEC_PER_SEC));
}
