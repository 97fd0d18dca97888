#include "call/room_recording.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "call/call_private.h"
#include "call/recording_event.h"
#include "media/room.h"
#include "media/stream.h"

#define RATE 16000

struct room_recording {
	LIST_ENTRY(room_recording) link;
	struct server *server;
	struct webhook_line *line;
	const struct config_application *app; /* NULL: none */
	char *pointer, *url, *method;
	char conversation_uuid[CONVERSATION_ID_SIZE];
	struct media_leg *ear;
	struct recording *recording;	   /* NULL: not yet */
	struct conversation *conversation; /* NULL: is over */
};

static const struct media_stream_handler deaf_ears = {0};

struct room_recording *room_recording_new(struct call *call, const struct ncco_join *join)
{
	struct room_recording *r = xcalloc(1, sizeof(*r));

	r->server = call->server;
	r->conversation = call->conversation;
	memcpy(r->conversation_uuid, call->conversation_uuid, sizeof(r->conversation_uuid));
	r->line = webhook_line_new(
		&call->server->webhooks, call->uuid, r->conversation_uuid, call->app);
	r->app = call->app;
	r->pointer = xstrdup(join->pointer);
	r->url = join->url ? call_url(join->base, join->url) : NULL;
	r->method = xstrdup(join->method);
	LIST_INSERT_HEAD(&call->server->room_recordings, r, link);
	return r;
}

static void recording_free(struct room_recording *r)
{
	LIST_REMOVE(r, link);
	if (r->conversation)
		r->conversation->recording = NULL;
	media_leg_free(r->ear);
	webhook_line_close(r->line);
	free(r->pointer);
	free(r->url);
	free(r->method);
	free(r);
}

static void tell_failure(struct room_recording *r, const char *error)
{
	struct json_object *body = json_object_new_object();
	char *reason = xasprintf("the recording cannot be written: %s", error);

	log_warn(r->conversation_uuid, "%s", reason);
	json_add_text(body, "reason", reason);
	json_add_text(body, "pointer", r->pointer);
	json_add_text(body, "conversation_uuid", r->conversation_uuid);
	webhook_event(r->line, NULL, NULL, body);
	free(reason);
}

static void on_ended(void *arg, const struct recording_result *result)
{
	struct room_recording *r = arg;
	struct json_object *body;

	if (result->error) {
		tell_failure(r, result->error);
	} else {
		body = recording_event(server_public_url(r->server), result);
		json_add_text(body, "conversation_uuid", r->conversation_uuid);
		webhook_event(r->line, r->url, r->method, body);
	}
	recording_free(r);
}

void room_recording_start(struct room_recording *r, struct conversation *conversation)
{
	const struct recording_spec spec = {
		.format = recording_format(NULL, conversation->server->config->recording.format, 1),
		.channels = 1,
		.application = r && r->app ? r->app->id : NULL,
		.conversation_uuid = r ? r->conversation_uuid : NULL,
	};

	if (!r || r->recording)
		return;
	r->ear = media_stream_new(r->server->media, RATE, &deaf_ears, r);
	media_stream_run(r->ear);
	media_room_join(conversation_open(conversation), r->ear);
	r->recording = recording_start(r->server->recordings, r->ear, &spec, on_ended, r);
}

void room_recording_stop(struct room_recording *r)
{
	if (!r)
		return;
	r->conversation = NULL;
	if (r->recording)
		recording_stop(r->recording);
	else
		recording_free(r);
}

void room_recordings_abandon(struct server *server)
{
	struct room_recording *r;

	while ((r = LIST_FIRST(&server->room_recordings))) {
		if (r->recording)
			recording_abandon(r->recording);
		recording_free(r);
	}
}
