/* server_private.h - the daemon's own struct, for server.c and the calls. */
#ifndef CALL_SERVER_PRIVATE_H
#define CALL_SERVER_PRIVATE_H

#include <sys/queue.h>

#include "call/conversation.h"
#include "call/leg.h"
#include "call/queue.h"
#include "call/server.h"
#include "call/spool.h"
#include "call/tone.h"
#include "call/trunk.h"
#include "call/webhook.h"
#include "http/cache.h"
#include "http/websocket.h"
#include "store/store.h"

struct server {
	struct loop *loop;
	struct config *config;
	struct config **retired; /* replaced, still used by calls; [0] by the drivers */
	size_t retired_count;

	struct worker_pool *workers;
	struct media_engine *media;
	struct http_client *trusted, *guarded;
	struct connector *connector; /* of the WebSockets */
	struct websocket_client *websockets;
	struct http_cache *cache;
	struct speech *speech; /* NULL: scripts cannot speak */
	struct asr *asr;       /* NULL: nor understand speech */
	struct transcripts *transcripts;
	struct sound_store *sounds;
	struct tones tones;
	struct store *store;
	struct recording_store *recordings;
	char *recording_directory, *public_url;
	struct sip_agent *agent;
	struct trunks *trunks;
	struct leg_env legs;
	struct webhook_env webhooks; /* with the spool */

	struct measures *measures;
	struct call_list calls;
	struct call *by_uuid; /* a hash of them */
	struct conversation_list conversations;
	struct queue_list queues;
	LIST_HEAD(room_recordings, room_recording) room_recordings;
	unsigned call_count;
	uint64_t calls_total, calls_failed;
	bool draining, hurried;
	struct timer drain_timer, drained_timer;
	void (*on_drained)(void *arg);
	void *drained_arg;
};

void server_call_gone(struct server *server);

/* server_speech.c: what speaks and what listens, by the configuration, and what of it a reload
 * changes. */
void server_open_speech(struct server *server);
void server_take_speech(struct server *server);

/* server_store.c */
int server_open_store(struct server *server, char **ret_error);
void server_open_spool(struct server *server);
void server_take_spool_limits(struct server *server);

#endif
