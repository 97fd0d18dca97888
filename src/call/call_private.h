/* call_private.h - one party, inbound or outbound, and what the call_*.c files share.
 *
 *   call.c          its life: state, script, end
 *   call_inbound.c  arrival, routing, the answer webhook
 *   call_event.c    what its application is told
 *   call_host.c     what a script asks of it: struct ncco_host
 *   call_sound.c    ... sounds
 *   call_digits.c   ... digits to send
 *   call_record.c   ... recordings
 *
 * Core thread only. */
#ifndef CALL_CALL_PRIVATE_H
#define CALL_CALL_PRIVATE_H

#include <sys/queue.h>

#include "base/id.h"
#include "call/conversation.h"
#include "call/leg.h"
#include "call/route.h"
#include "call/server_private.h"
#include "call/sound.h"
#include "call/webhook.h"
#include "ncco/interp.h"

enum call_state {
	CALL_ROUTING, /* the router is asked */
	CALL_ASKING,  /* the application's answer webhook is asked */
	CALL_RUNNING, /* the script runs */
	CALL_ENDING,  /* hung up by us, the leg has not ended yet */
	CALL_ENDED
};

enum call_status_event { STATUS_STARTED, STATUS_RINGING, STATUS_ANSWERED, STATUS_FINAL };

/* The script's sound: being loaded, or playing. */
struct call_sound {
	struct sound_load *load;
	struct prompt *prompt;
	unsigned loops;
	uint32_t play; /* 0: not yet playing */
	bool wanted;   /* until media runs */
	struct sound_spec
		spec; /* texts are owned by the members below while media is not running */
	char *source, *language, *voice, *adapter;
	const char *error;  /* told by `later` */
	struct timer later; /* tells the script what a host function may not tell itself */
};

/* The script's digits that are being sent; what was forgotten is still sent. */
struct call_digits {
	char *text; /* until media runs */
	unsigned on_ms, gap_ms;
	unsigned orders; /* sent or being sent, as the media engine tells them */
	bool wanted;
	const char *error;
	struct timer failed;
};

struct call_recordings {
	unsigned absent; /* what was asked for and is not there, bits of enum absent */
	struct timer absent_timer;

	TAILQ_HEAD(call_records, call_record) all; /* that go on, or are being finished */
	unsigned count, refused;
	struct timer timer; /* tells of `refused` */
	bool beep_wanted;
};

struct call {
	TAILQ_ENTRY(call) link;
	TAILQ_ENTRY(call) member; /* of its conversation */
	struct server *server;
	const struct config_application *app; /* NULL: none */
	enum call_state state;
	bool outbound;
	char uuid[ID_SIZE];
	struct conversation *conversation; /* always in one */
	char *from, *to;

	struct leg *leg;
	struct interp *interp;
	struct webhook_line *line;
	struct route_query *route;
	struct json_object *headers; /* X- headers of the INVITE, for events */

	struct call_sound sound;
	struct call_digits digits;
	struct call_recordings recordings;
	bool early; /* sounds do not answer */
	struct timer no_receiver;
	struct timer script_timer;
	unsigned absent; /* what was asked for and is not there, bits of enum absent */
	struct timer absent_timer;

	struct timer reap;
	bool status_told[STATUS_FINAL + 1];
	bool ended_by_us;
	uint64_t start_wall, answer_wall, answer_mono;
};

/* call.c */
struct call *call_new(struct server *server);
struct call *call_free(struct call *call);
void call_set_state(struct call *call, enum call_state state);
extern const struct leg_handler call_leg_handler;
/* Takes the document. */
void call_run(struct call *call, struct ncco_document *document);
void call_hangup(struct call *call, const char *reason, struct json_object *headers);
/* Before the answer; after it hangs up. */
void call_reject(struct call *call, int status, const char *reason, struct json_object *headers);
/* Frees a call that is over once nothing of it is waited for. */
void call_reap_soon(struct call *call);

/* call_inbound.c */
void call_arrived(struct server *server, struct sip_leg *sip);

/* call_event.c */
struct json_object *call_event_base(const struct call *call);
struct json_object *call_answer_parameters(const struct call *call);
void call_tell_status(struct call *call, enum call_status_event which);
void call_tell_final(struct call *call, const struct leg_end *end);
void call_tell_error(struct call *call, const char *pointer, const char *reason);
struct json_object *call_custom_headers(struct sip_leg *sip);

/* call_host.c */
extern const struct ncco_host call_host;
void call_answer(struct call *call, struct json_object *headers); /* idempotent */
void call_host_init(struct call *call);
void call_host_release(struct call *call);

/* call_sound.c */
void call_sound_init(struct call *call);
void call_sound_release(struct call *call);
void call_play(void *ctx, const struct ncco_sound *sound);
void call_stop_sound(void *ctx);
void call_prepare_sound(void *ctx, const struct ncco_sound *sound);
void call_sound_media_ready(struct call *call);
void call_sound_ended(struct call *call, uint32_t play, enum media_play_end end);

/* call_digits.c */
void call_digits_init(struct call *call);
void call_digits_media_ready(struct call *call);
void call_digits_sent(struct call *call);
void call_send_digits(void *ctx, const char *digits, unsigned on_ms, unsigned gap_ms);
void call_forget_digits(void *ctx);

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
void call_record_init(struct call *call);
void call_record_release(struct call *call);
void call_record_start(void *ctx, const struct ncco_record *record);
void call_record_order(void *ctx, unsigned number, enum ncco_record_order order);
void call_record_media_ready(struct call *call);

#endif
