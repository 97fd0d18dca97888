/* call_private.h - one party, inbound or outbound, and what the call_*.c files share.
 *
 *   call.c           its life: state, script, end
 *   call_inbound.c   arrival, routing, the answer webhook
 *   call_outbound.c  calls out: dialed, answered, ready
 *   call_order.c     calls that are made because somebody has asked for them
 *   call_forward.c   a call that the router sends elsewhere, without a script
 *   call_hold.c      hold, by us or by the other side
 *   call_event.c     what its application is told
 *   call_row.c       what the store remembers of it
 *   call_outcome.c   ... of how it ended
 *   call_host.c      what a script asks of it: struct ncco_host
 *   call_connect.c   ... other parties
 *   call_join.c      ... rooms and transfers
 *   call_amd.c       ... who is there, a person or a machine
 *   call_refer.c     ... that the other side call somebody else
 *   call_referred.c  what the other side asks of it: a transfer
 *   call_sound.c     ... sounds
 *   call_digits.c    ... digits to send
 *   call_record.c    ... recordings
 *   call_speech.c    ... to understand speech
 *   call_transcribe.c ... and to write down all that is said
 *
 * Core thread only. */
#ifndef CALL_CALL_PRIVATE_H
#define CALL_CALL_PRIVATE_H

#include <sys/queue.h>

#include <uthash.h>

#include "base/id.h"
#include "call/control.h"
#include "call/conversation.h"
#include "call/leg.h"
#include "call/queue.h"
#include "call/route.h"
#include "call/server_private.h"
#include "call/sound.h"
#include "call/webhook.h"
#include "ncco/interp.h"

enum call_state {
	CALL_ROUTING, /* inbound: the router is asked */
	CALL_DIALING, /* outbound: not answered yet */
	CALL_ASKING,  /* the application is asked for the script */
	CALL_RUNNING, /* the script runs */
	CALL_BRIDGED, /* without a script (any more): stays as long as it has company */
	CALL_ENDING,  /* hung up by us, the leg has not ended yet */
	CALL_ENDED
};

/* How a call that was not answered ended, as the Voice API names it. */
struct call_outcome {
	const char *status, *detail; /* detail NULL: none */
	int sip_code;		     /* 0: none */
};

enum call_status_event { STATUS_STARTED, STATUS_RINGING, STATUS_ANSWERED, STATUS_FINAL };

/* The script's sound: being loaded, or playing. */
struct call_sound {
	struct sound_load *load;
	struct prompt *prompt;
	unsigned loops;
	uint32_t play;		/* 0: not yet playing */
	bool in_room;		/* played to its conversation */
	bool wanted;		/* until media runs */
	struct sound_spec spec; /* texts are the members' below while media is not running */
	char *source, *language, *voice, *adapter;
	struct json_object *options;
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
	TAILQ_HEAD(call_records, call_record) all; /* that go on, or are being finished */
	unsigned count, refused;
	struct timer timer; /* tells of `refused` */
	bool beep_wanted;
};

/* Of hold; plays on its own leg. */
struct call_music {
	bool on;
	struct sound_load *load;
	uint32_t play; /* 0: not yet */
};

/* What happened to it in a room, and its script has not been told yet. */
struct call_news {
	bool joined, left;
	const char *reason; /* NULL: it did not fail */
	struct timer timer;
};

/* The script's wish that the other side call somebody else (REFER). */
struct call_refer {
	char *to; /* a URI; NULL: nothing is wished */
	struct json_object *headers;
	unsigned timeout_s;
	bool sent;	   /* else it waits for the ACK */
	const char *error; /* told by `failed` */
	struct timer failed;
};

/* How an outbound call came to be, and what happens when it is answered. */
struct call_dial {
	enum ncco_endpoint_type type;
	struct connect *connect;	/* waits for it; NULL: no longer */
	char *from;			/* as it was asked for: number or SIP URI */
	char *event_url, *event_method; /* NULL: the application's */
	bool synchronous; /* the answer to how it failed may be a script for the parent */
	bool asked;	  /* ... and is waited for */
	char *digits;	  /* sent once it has answered */
	char *answer_url, *answer_method; /* its own script, run before it joins */
	struct ncco_amd amd;		/* its texts are NULL: its events go where the others do */
	bool amd_wanted;		/* before the script or the conversation */
	char *target;			/* who is called, as was asked for: number, URI, user */
	char *trunk_name;		/* the one to take; NULL: any */
	struct ncco_document *document; /* its own script, in place of answer_url */
	char *client_state;		/* told in every event; NULL: none */
	struct timer ringing;		/* until it is given up; of a call without a connect */
	unsigned limit_s;		/* of the connection, 0: none */
	struct timer limit;
	struct trunk *trunk;	     /* taken for it; NULL: none */
	const char *cancelled;	     /* status when it is given up before the answer */
	struct leg_env env;	     /* the server's, with the forward's codecs */
	struct call_outcome outcome; /* as it was told */
	struct call_outcome unborn;  /* why nothing could be sent at all */
	struct timer unborn_timer;
};

struct call {
	TAILQ_ENTRY(call) link;
	TAILQ_ENTRY(call) child;  /* of its parent's */
	TAILQ_ENTRY(call) member; /* of its conversation */
	struct server *server;
	const struct config_application *app; /* NULL: none */
	enum call_state state;
	bool outbound;
	char uuid[ID_SIZE];
	struct conversation *conversation;	      /* NULL: is over */
	char conversation_uuid[CONVERSATION_ID_SIZE]; /* stays known */
	bool present;				      /* hears the conversation, and is heard */
	bool held;				      /* by us */
	bool peer_holds;			      /* the other side has put us on hold */
	struct call_music music;
	struct call_seat seat;
	struct call_news news;
	struct queue_place place;
	struct call *parent;	   /* has made this call; NULL: nobody, or it is over */
	struct call_list children; /* that it has made; they end with it */
	struct connect *connect;   /* is being made */
	char *from, *to;

	struct leg *leg;
	struct interp *interp;
	struct webhook_line *line;
	struct route_query *route;
	const char *status;	      /* as was told last; NULL: nothing was */
	struct json_object *headers;  /* X- headers of the INVITE, for events */
	struct call_dial dial;	      /* outbound */
	struct call_forward *forward; /* the router's, NULL: none */

	struct call_sound sound;
	struct call_digits digits;
	struct call_recordings recordings;
	struct call_speech *speech; /* the script listens for it; NULL: not */
	unsigned listened;	    /* speech inputs, of any call, that listen to its party */
	TAILQ_HEAD(call_transcribes, call_transcribe) transcribes; /* the last may be at work */
	struct fork *fork;
	char *fork_pointer;
	struct call_amd *amd; /* who is there is being found out */
	struct call_refer refer;
	struct referral
		*referral; /* a transfer that it has asked for, or is kept for; NULL: none */
	bool early;	   /* sounds do not answer */
	struct timer no_receiver;
	struct timer script_timer;

	struct timer reap;
	bool status_told[STATUS_FINAL + 1];
	bool ended_by_us;
	uint64_t start_wall, start_mono, answer_wall, answer_mono, end_wall;
	int sip_code;	   /* of the end */
	UT_hash_handle hh; /* of the server's, by uuid */
};

/* call.c */
struct call *call_new(struct server *server);
struct call *call_free(struct call *call);
void call_set_state(struct call *call, enum call_state state);
/* Takes the document; replaces the script that runs. */
void call_run(struct call *call, struct ncco_document *document);
/* There is no script (any more). */
void call_bridge(struct call *call);
/* Ends it when it has neither script nor company. */
void call_check_company(struct call *call);
/* It is in another conversation now; from NULL: in its first. */
void call_conversation_changed(struct call *call, const char *from);
void call_give_variables(struct call *call);
void call_hangup(struct call *call, const char *reason, struct json_object *headers);
/* Before the answer; after it hangs up. */
void call_reject(struct call *call, int status, const char *reason, struct json_object *headers);
void call_leave_parent(struct call *call);
void call_ended(struct call *call, const struct leg_end *end);
/* Frees a call that is over once nothing of it is waited for. */
void call_reap_soon(struct call *call);
extern const struct leg_handler call_leg_handler;

/* call_inbound.c */
void call_arrived(struct server *server, struct sip_leg *sip);
/* No URL gave a script: fallback_ncco, or the end. */
void call_run_fallback(struct call *call, const char *reason);

/* call_outbound.c */
struct connect;
void call_outbound_init(struct call *call);
void call_outbound_release(struct call *call);
/* Calls an endpoint on behalf of a call. What fails at once is told like what fails later. */
struct call *call_dial(
	struct connect *connect, const struct ncco_connect *spec, const struct ncco_endpoint *to);
/* Calls an endpoint; fills in nothing but what it takes. */
void call_dial_endpoint(struct call *call, const struct ncco_endpoint *to);
void call_ringing(struct call *call);
void call_answered_out(struct call *call);
void call_digits_through(struct call *call);
/* It has a limit from now on, if it was given one. */
void call_limit(struct call *call);
void call_free_trunk(struct call *call); /* once the leg is gone */
/* Gives up a call that nobody waits for any more; status as in events, before the answer. */
void call_cancel(struct call *call, const char *status);
/* Tells the connect that waits for it that it will not come. */
void call_tell_lost(struct call *call);
/* An event whose answer may be a new script for the parent. Takes body. */
void call_ask_after(struct call *call, struct json_object *body);

/* call_row.c: for the store */
void call_remember(struct call *call);

/* call_forward.c */
void call_forward_start(struct call *call, const struct route_forward *forward);
/* Names of the codecs that may be offered, separated by commas; NULL: all. */
const char *call_forward_codecs(const struct call *call);
void call_forward_free(struct call *call);

/* call_fork.c */
void call_fork(void *ctx, const struct ncco_fork *fork);
void call_fork_moved(struct call *call); /* it is in another conversation */
void call_fork_digit(struct call *call, char digit, unsigned held_ms);
void call_fork_release(struct call *call);

/* call_amd.c */
void call_amd(void *ctx, const struct ncco_amd *amd);
/* done: called at the end unless a machine was to be hung up on; NULL: its own script is told. */
void call_amd_start(struct call *call, const struct ncco_amd *amd, void (*done)(struct call *call));
void call_amd_media_ready(struct call *call);
void call_amd_release(struct call *call);

/* call_event.c */
struct json_object *call_event_base(const struct call *call);
struct json_object *call_answer_parameters(const struct call *call);
void call_tell_status(struct call *call, enum call_status_event which);
void call_tell_final(struct call *call, const struct leg_end *end);
void call_tell_error(struct call *call, const char *pointer, const char *reason);
void call_tell_transfer(struct call *call, const char *from);
void call_tell_refer(struct call *call, const char *to, int status);
/* url NULL: where the call's other events go; sub_state NULL: none. */
void call_tell_amd(struct call *call, const char *url, const char *method, const char *status,
	const char *sub_state);
struct json_object *call_custom_headers(struct sip_leg *sip);
struct call_outcome call_outcome(const struct call *call, const struct leg_end *end);

/* call_host.c */
extern const struct ncco_host call_host;
void call_answer(struct call *call, struct json_object *headers); /* idempotent */
/* A URL of a script made absolute; malloc'd, or NULL. */
char *call_url(const char *base, const char *url);
void call_host_init(struct call *call);
void call_host_release(struct call *call);

/* call_connect.c */
void call_connect(void *ctx, const struct ncco_connect *spec);
void call_forget_connect(void *ctx);

/* call_join.c */
void call_join_init(struct call *call);
void call_join_release(struct call *call);
void call_join(void *ctx, const struct ncco_join *join);
void call_leave(void *ctx);
bool call_transfer(void *ctx, const struct ncco_transfer *transfer);
void call_tell_joined(struct call *call);
void call_tell_left(struct call *call, const char *constant_reason); /* NULL: it is over */

/* call_hold.c */
void call_hold(struct call *call, bool on);
void call_peer_holds(struct call *call, bool holds);
/* Who is alone there now; who leaves. */
void call_review_music(struct conversation *conversation);
void call_hold_leave(struct call *call);
void call_hold_release(struct call *call);
void call_music_ended(struct call *call, uint32_t play, enum media_play_end end);

/* call_refer.c */
void call_refer_init(struct call *call);
void call_refer_release(struct call *call);
void call_refer(void *ctx, const struct ncco_refer *refer);
void call_forget_refer(void *ctx);
void call_refer_ready(struct call *call); /* the leg is confirmed */
void call_refer_status(struct call *call, int status, const char *phrase, bool final);

/* call_referred.c */
void call_referred(struct call *call, const struct sip_refer *refer);
/* It takes no part in a transfer any more: it ends, or its script calls somebody itself. */
void call_referral_release(struct call *call);

/* call_speech.c */
void call_recognise(void *ctx, const struct ncco_speech *wanted);
void call_speech_clock(void *ctx);
void call_finish_speech(void *ctx);
void call_forget_speech(void *ctx);
void call_speech_gone(struct call *call); /* its party has gone */

/* call_transcribe.c */
void call_transcribe_init(struct call *call);
void call_transcribe(void *ctx, const struct ncco_transcribe *wanted);
/* No more is heard. True when nothing is being recognised any more; else call_reap_soon() comes
 * once that is so. */
bool call_transcribe_end(struct call *call);
void call_transcribe_release(struct call *call);

/* call_sound.c */
void call_sound_init(struct call *call);
void call_sound_release(struct call *call);
void call_play(void *ctx, const struct ncco_sound *sound);
void call_stop_sound(void *ctx);
void call_prepare_sound(void *ctx, const struct ncco_sound *sound);
void call_sound_media_ready(struct call *call);
bool call_sound_is(const struct call *call, uint32_t play, bool in_room);
void call_sound_ended(struct call *call, enum media_play_end end);
/* What the script plays to the conversation goes on for itself alone. */
void call_sound_leaves_room(struct call *call);

/* call_digits.c */
void call_digits_init(struct call *call);
void call_digits_media_ready(struct call *call);
void call_digits_sent(struct call *call);
void call_send_digits(void *ctx, const char *digits, unsigned on_ms, unsigned gap_ms);
void call_forget_digits(void *ctx);

/* call_record.c */
void call_record_init(struct call *call);
void call_record_release(struct call *call);
void call_record_start(void *ctx, const struct ncco_record *record);
void call_record_order(void *ctx, unsigned number, enum ncco_record_order order);
void call_record_media_ready(struct call *call);
/* It is present in a conversation now; it is about to leave it. */
void call_record_came(struct call *call);
void call_record_left(struct call *call);

#endif
