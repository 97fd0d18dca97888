/* server_private.h - what server.c and the call_*.c files share. */
#ifndef CALL_SERVER_PRIVATE_H
#define CALL_SERVER_PRIVATE_H

#include <sys/queue.h>

#include "base/id.h"
#include "call/leg.h"
#include "call/route.h"
#include "call/server.h"
#include "call/sound.h"
#include "call/webhook.h"
#include "http/cache.h"
#include "ncco/interp.h"

#define CALL_ID_SIZE (ID_SIZE + 4) /* "CON-" before a conversation's UUID */

struct call;
TAILQ_HEAD(call_list, call);

struct server {
	struct loop *loop;
	struct config *config;
	struct config **retired; /* replaced, still used by calls; [0] by the drivers */
	size_t retired_count;

	struct worker_pool *workers;
	struct media_engine *media;
	struct http_client *trusted, *guarded;
	struct http_cache *cache;
	struct speech *speech;
	struct sound_store *sounds;
	struct recording_store *recordings;
	char *recording_directory, *public_url;
	struct sip_agent *agent;
	struct leg_env legs;
	struct webhook_env webhooks;

	struct call_list calls;
	unsigned call_count;
	uint64_t calls_total, calls_failed;
	bool draining, hurried;
	struct timer drain_timer, drained_timer;
	void (*on_drained)(void *arg);
	void *drained_arg;
};

enum call_state {
	CALL_ROUTING, /* the router is asked */
	CALL_ASKING,  /* the application's answer webhook is asked */
	CALL_RUNNING, /* the script runs */
	CALL_ENDING,  /* hung up by us, the leg has not ended yet */
	CALL_ENDED
};

enum call_status_event { STATUS_STARTED, STATUS_RINGING, STATUS_ANSWERED, STATUS_FINAL };

struct call {
	TAILQ_ENTRY(call) link;
	struct server *server;
	const struct config_application *app; /* NULL: none */
	enum call_state state;
	char uuid[ID_SIZE];
	char conversation_uuid[CALL_ID_SIZE];
	char *from, *to;

	struct leg *leg;
	struct interp *interp;
	struct webhook_line *line;
	struct route_query *route;
	struct json_object *headers; /* X- headers of the INVITE, for events */

	/* The script's sound: being loaded, or playing. */
	struct sound_load *load;
	struct prompt *prompt;
	unsigned loops;
	uint32_t play; /* 0: not yet playing */
	bool sound_wanted;
	bool early;		/* sounds do not answer */
	struct sound_spec spec; /* texts are owned by spec_texts while media is not running */
	char *spec_source, *spec_language, *spec_voice, *spec_adapter;
	const char *sound_error; /* told by `later` */
	struct timer later;	 /* tells the script what a host function may not tell itself */
	struct timer no_receiver;

	/* The script's digits that are being sent; what was forgotten is still sent. */
	char *digits; /* until media runs */
	unsigned digits_on_ms, digits_gap_ms;
	unsigned digits_orders; /* sent or being sent, as the media engine tells them */
	bool digits_wanted;
	const char *digits_error;
	struct timer digits_failed;

	unsigned absent; /* what was asked for and is not there, bits of enum absent */
	struct timer absent_timer;

	TAILQ_HEAD(call_records, call_record) records; /* that go on, or are being finished */
	unsigned record_count, record_refused;
	struct timer record_timer; /* tells of record_refused */
	bool beep_wanted;

	struct timer script_timer;
	struct timer reap;
	bool status_told[STATUS_FINAL + 1];
	bool ended_by_us;
	uint64_t start_wall, answer_wall, answer_mono;
};

/* call.c */
void call_arrived(struct server *server, struct sip_leg *sip);
struct call *call_free(struct call *call);
void call_hangup(struct call *call, const char *reason, struct json_object *headers);
/* Before the answer; after it hangs up. */
void call_reject(struct call *call, int status, const char *reason, struct json_object *headers);

/* call_event.c */
struct json_object *call_event_base(const struct call *call);
struct json_object *call_answer_parameters(const struct call *call);
void call_tell_status(struct call *call, enum call_status_event which);
void call_tell_final(struct call *call, const struct leg_end *end);
void call_tell_error(struct call *call, const char *pointer, const char *reason);
struct json_object *call_custom_headers(struct sip_leg *sip);

/* call_host.c */
extern const struct ncco_host call_host;
void call_host_answer(void *ctx);
void call_host_media_ready(struct call *call);
void call_host_play_ended(struct call *call, uint32_t play, enum media_play_end end);
void call_host_init(struct call *call);
void call_host_release(struct call *call);

/* call_digits.c */
void call_digits_init(struct call *call);
void call_digits_media_ready(struct call *call);
void call_digits_sent(struct call *call);
void call_host_send_digits(void *ctx, const char *digits, unsigned on_ms, unsigned gap_ms);
void call_host_forget_digits(void *ctx);

/* call_absent.c: rows of call_host that have nothing behind them */
void call_absent_init(struct call *call);
void call_absent_release(struct call *call);
void call_absent_connect(void *ctx, const struct ncco_connect *connect);
void call_absent_forget_connect(void *ctx);
void call_absent_join(void *ctx, const struct ncco_join *join);
void call_absent_leave(void *ctx);
bool call_absent_transfer(void *ctx, const struct ncco_transfer *transfer);
void call_absent_enqueue(void *ctx, const struct ncco_queue *queue);
void call_absent_dequeue(void *ctx, const char *name);
void call_absent_recognise(void *ctx, const struct ncco_speech *speech);
void call_absent_speech_clock(void *ctx);
void call_absent_forget_speech(void *ctx);
void call_absent_amd(void *ctx, const struct ncco_amd *amd);
void call_absent_transcribe(void *ctx, const struct ncco_transcribe *transcribe);
void call_absent_fork(void *ctx, const struct ncco_fork *fork);
void call_absent_refer(void *ctx, const struct ncco_refer *refer);
void call_absent_forget_refer(void *ctx);

/* call_record.c */
struct recording_store;
void call_record_init(struct call *call);
void call_record_release(struct call *call);
void call_record_start(void *ctx, const struct ncco_record *record);
void call_record_order(void *ctx, unsigned number, enum ncco_record_order order);
void call_record_media_ready(struct call *call);

/* server.c */
void server_call_gone(struct server *server);

#endif
