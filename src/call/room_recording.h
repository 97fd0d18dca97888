/* room_recording.h - the recording of a room: somebody who listens and writes it down. Core thread
 * only.
 *
 * A leg without a telephone hears all that is said; what it hears is recorded as one channel. It
 * begins when the conversation starts, ends with it, and the application is told as of any
 * recording. */
#ifndef CALL_ROOM_RECORDING_H
#define CALL_ROOM_RECORDING_H

#include "ncco/host.h"

struct call;
struct conversation;
struct room_recording;
struct server;

/* As the first member asked for it. */
struct room_recording *room_recording_new(struct call *call, const struct ncco_join *join);
/* NULL allowed; idempotent. */
void room_recording_start(struct room_recording *recording, struct conversation *conversation);
/* Frees itself once the file is written. NULL allowed. */
void room_recording_stop(struct room_recording *recording);
/* At the end of the process. */
void room_recordings_abandon(struct server *server);

#endif
