/* recording_sweep.h - the recordings' directory: looking one up, deleting old ones. */
#ifndef CALL_RECORDING_SWEEP_H
#define CALL_RECORDING_SWEEP_H

#include "loop/worker.h"

/* Core thread: deletes, on a worker, what was written to more than `days` ago. Only files that
 * are named as recordings are. */
void recording_sweep(struct worker_pool *workers, const char *directory, unsigned days);

#endif
