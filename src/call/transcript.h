/* transcript.h - the text of recordings, made when they have ended. Core thread only.
 *
 * One recording at a time is read by a worker, piece by piece; each piece is recognised, and the
 * whole becomes a JSON file (transcript_text.h) beside the recordings, of which the application is
 * told by an event. Callers who are speaking go first: a recogniser that is busy is asked again. */
#ifndef CALL_TRANSCRIPT_H
#define CALL_TRANSCRIPT_H

#include "ncco/host.h"

struct server;
struct config_application;
struct transcripts;

struct transcripts *transcripts_new(struct server *server);
/* Before the recogniser; what is not finished is lost. NULL allowed; returns NULL. */
struct transcripts *transcripts_free(struct transcripts *transcripts);

/* What a script wishes, kept until the recording has ended. */
struct transcript_wish {
	bool wanted;
	char *language, *url, *method; /* url absolute; NULL: the application's */
};

void transcript_wish_take(
	struct transcript_wish *wish, const struct ncco_transcription *transcription);
void transcript_wish_release(struct transcript_wish *wish);

struct transcript_subject {
	const char *recording_id, *call_uuid, *conversation_uuid, *pointer;
	const struct config_application *app;
};

/* Does nothing when it is not wanted. */
void transcript_order(struct transcripts *transcripts, const struct transcript_wish *wish,
	const struct transcript_subject *subject);

#endif
