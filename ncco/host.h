/* host.h - everything that a step may ask of the world, and everything it may be told.
 *
 * The daemon implements struct ncco_host with a call (src/call/), tests and `nccoctl run`
 * with a transcript. Functions return at once and never call back into the interpreter; what
 * comes of them arrives later as an event by interp_event(). Strings are borrowed for the
 * call. All times are microseconds. */
#ifndef NCCO_HOST_H
#define NCCO_HOST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/json.h"
#include "ncco/document.h"

enum ncco_sound_kind {
	NCCO_SOUND_URL,
	NCCO_SOUND_TEXT,
	NCCO_SOUND_TONE /* of the host's own: "ringback", what a caller hears while it rings */
};

struct ncco_sound {
	enum ncco_sound_kind kind;
	const char *source; /* the URL as written (relative to base), the text or SSML, the tone */
	const char *base;   /* URL of the document, or NULL */
	const char *language;		      /* text only; NULL: the default */
	const char *voice;		      /* NULL: by style */
	const char *provider;		      /* TTS adapter, NULL: the configured one */
	struct json_object *provider_options; /* for the adapter, as written; NULL: none */
	bool premium;			      /* the better variant of the voice */
	unsigned style;
	unsigned loops; /* 0: for ever */
	double level;	/* -1..1 */
};

enum ncco_request_kind { NCCO_REQUEST_INPUT, NCCO_REQUEST_NOTIFY, NCCO_REQUEST_REDIRECT };

struct ncco_request {
	enum ncco_request_kind kind;
	const char *url;	  /* as written; NULL: the application's event_url */
	const char *base;	  /* URL of the document, or NULL */
	const char *method;	  /* "GET", "POST"; NULL: the default of that webhook */
	struct json_object *body; /* the step's own fields; the host adds to, from, uuid, ... ;
				   * borrowed; NULL: none */
};

/* What was said in a recording, as a text. */
struct ncco_transcription {
	const char *language; /* NULL: en-US */
	bool sentiment;
	const char *url; /* of the event that tells of the text, as in ncco_request */
	const char *base;
	const char *method;
};

struct ncco_record {
	unsigned number; /* from 1, each once in a call; NCCO_RECORDED says it */
	const char *pointer;
	const char *format;	   /* "mp3", "wav", "ogg"; NULL: the configured one */
	unsigned channels;	   /* 1: all in one; else the caller in the first, what the caller
				    * hears in the second */
	unsigned end_on_silence_s; /* of the caller; 0: never */
	bool beep;
	bool synchronous; /* a step waits for its end, and tells of its failure */
	const char *url;  /* of the webhook that tells its end, as in ncco_request */
	const char *base;
	const char *method;
	const struct ncco_transcription *transcription; /* NULL: not asked for */
};

enum ncco_record_order { NCCO_RECORD_STOP, NCCO_RECORD_PAUSE, NCCO_RECORD_RESUME };

/* Who answers an outbound leg, a person or a machine. */
enum ncco_amd_mode {
	NCCO_AMD_ASYNC,	 /* "default": told while the script goes on */
	NCCO_AMD_DETECT, /* waited for: human or machine */
	NCCO_AMD_BEEP	 /* waited for: human, or the machine's beep */
};

struct ncco_amd {
	bool hangup; /* on a machine; else the call goes on */
	enum ncco_amd_mode mode;
	unsigned beep_timeout_s;
	const char *url; /* of the human and machine events, as in ncco_request */
	const char *base;
	const char *method;
};

enum ncco_endpoint_type {
	NCCO_PHONE,
	NCCO_SIP,
	NCCO_APP, /* a registered user */
	NCCO_WEBSOCKET,
	NCCO_EXTENSION
};

struct ncco_endpoint {
	enum ncco_endpoint_type type;
	const char *pointer;	     /* "/2/endpoint/0", for errors */
	const char *target;	     /* number, SIP URI, user, WebSocket URL, extension */
	const char *dtmf_answer;     /* digits sent once it has answered; NULL: none */
	struct json_object *headers; /* as written; NULL: none. Each becomes X-NAME in SIP */
	struct json_object *standard_headers; /* of SIP, as they are; NULL: none */
	unsigned rate;			      /* Hz of a WebSocket's audio */
	const char *authorization;	      /* "vonage", "custom"; NULL: none */
	const char *authorization_value;      /* of "custom" */
	const char *answer_url;		      /* onAnswer: a script that the callee hears first;
					       * relative to ncco_connect.base; NULL: none */
	const char *answer_method;	      /* NULL: as for the answer webhook */
	const char *shaken;		      /* Identity header; NULL: none */
};
#define NCCO_MAX_ENDPOINTS 20

struct ncco_connect {
	const char *pointer;
	const struct ncco_endpoint *endpoints; /* ring at once, the first that answers wins */
	unsigned count;
	const char *from; /* number, or SIP URI; NULL: as the call came */
	bool random_from; /* one of the application's numbers */
	bool synchronous; /* the answer to an event of the leg may be a new script */
	unsigned timeout_s;
	unsigned limit_s;	    /* of the connection, 0: none */
	const struct ncco_amd *amd; /* NULL: not asked for */
	const char *url;	    /* of the leg's events, as in ncco_request */
	const char *base;
	const char *method;
};

/* A room with a name. */
struct ncco_join {
	const char *pointer;
	const char *name;
	bool start_on_enter, end_on_exit, mute;
	bool has_can_speak, has_can_hear; /* else everybody */
	const char *const *can_speak;	  /* uuids of legs that hear this one, NULL-terminated */
	const char *const *can_hear;	  /* uuids of legs that this one hears */
	unsigned max_members;		  /* with this leg; more are not let in; 0: as configured */
	bool record;
	const struct ncco_transcription *transcription; /* of that recording; NULL: none */
	const char *url;				/* of the recording, as in ncco_request */
	const char *base;
	const char *method;
};

/* All legs of this call's conversation go over into another one. */
struct ncco_transfer {
	const char *conversation; /* its uuid */
	bool mute;
	bool has_can_speak, has_can_hear;
	const char *const *can_speak, *const *can_hear;
};

struct ncco_queue {
	const char *pointer;
	const char *name;
	unsigned max_size; /* 0: as configured */
	int priority;	   /* higher is served earlier */
};

struct ncco_speech {
	const char *pointer;
	const char *leg;	    /* uuid of who is listened to; NULL: this call's own leg */
	const char *language;	    /* NULL: en-US */
	const char *const *context; /* hints, NULL-terminated, or NULL */
	double end_on_silence_s;
	unsigned start_timeout_s; /* 0: none (a sound is still played; see speech_clock) */
	unsigned max_duration_s;
	unsigned sensitivity; /* 10..100 */
	bool save_audio;
	bool partial;	      /* NCCO_SPEECH events before the last */
	const char *provider; /* ASR adapter, NULL: the configured one */
	struct json_object *provider_options;
};

struct ncco_transcribe {
	const char *pointer;
	const char *language;
	bool partial;
	const char *url;
	const char *base;
	const char *method;
};

enum ncco_fork_track { NCCO_TRACK_INBOUND, NCCO_TRACK_OUTBOUND, NCCO_TRACK_BOTH };

struct ncco_fork {
	const char *pointer;
	const char *url; /* ws or wss */
	enum ncco_fork_track track;
	unsigned rate;
	bool twilio; /* else the dialect of the Voice API */
	bool bidirectional;
	struct json_object *headers;
	const char *authorization, *authorization_value;
};

struct ncco_refer {
	const char *to; /* SIP URI, or a number */
	struct json_object *headers;
	unsigned timeout_s; /* until the final NOTIFY */
};

struct ncco_host {
	/* Makes sure that the leg is answered; idempotent. Sound may be asked for right after. */
	void (*answer)(void *ctx);

	/* The same with headers for the 200, names to lines. */
	void (*answer_with)(void *ctx, struct json_object *headers);
	/* Sounds that follow are early media as long as the leg is not answered; idempotent. */
	void (*early)(void *ctx);

	/* Starts a sound; answered by NCCO_PLAYED or NCCO_PLAY_FAILED. One at a time. A sound
	 * asked for on the event that ended the one before follows it without a gap. */
	void (*play)(void *ctx, const struct ncco_sound *sound);
	/* Ends the sound with the next packet; no event follows. */
	void (*stop_sound)(void *ctx);
	/* The sound will be wanted soon: fetch, synthesise, encode. May be ignored. */
	void (*prepare)(void *ctx, const struct ncco_sound *sound);

	/* Digits are wanted (in-band detection may be needed), or no longer. Digits that come
	 * are told as events in either case. */
	void (*listen)(void *ctx, bool on);

	/* Sends digits (0-9 * # A-D, p pauses 500 ms), answered by NCCO_DIGITS_SENT. One at a
	 * time. Times are milliseconds. */
	void (*send_digits)(void *ctx, const char *digits, unsigned on_ms, unsigned gap_ms);
	/* That they are sent is no longer wanted to be known; no event follows. */
	void (*forget_digits)(void *ctx);

	/* Sends a webhook whose answer is waited for: NCCO_REPLY follows. One at a time. */
	void (*request)(void *ctx, const struct ncco_request *request);
	/* The answer is no longer wanted; no event follows. The webhook itself is delivered. */
	void (*forget_request)(void *ctx);
	/* Sends a webhook whose answer nobody waits for (asynchronous input): no event. */
	void (*post)(void *ctx, const struct ncco_request *request);

	/* Starts a recording, which goes on beside the script. When it has ended, by an order, by
	 * silence, by a failure, its webhook is sent, then NCCO_RECORDED follows. */
	void (*record)(void *ctx, const struct ncco_record *record);
	/* For the recording of that number, 0: for all of the call. */
	void (*record_order)(void *ctx, unsigned number, enum ncco_record_order order);

	/* Calls the endpoints. NCCO_EARLY_MEDIA may come, then NCCO_CONNECTED: one has answered
	 * (and its onAnswer script is through) and is in the call's conversation, or failed. One
	 * at a time. The step plays what the caller hears meanwhile (without end, until one of
	 * these events), asks for early() when there is something to be heard, and answers the
	 * caller when the callee has. */
	void (*connect)(void *ctx, const struct ncco_connect *connect);
	/* What still rings is cancelled; who has answered stays. No event follows. */
	void (*forget_connect)(void *ctx);

	/* Into the room of that name: NCCO_JOINED once the conversation has begun, before which
	 * the leg hears nobody; NCCO_LEFT when it is over for this leg, or failed. */
	void (*join)(void *ctx, const struct ncco_join *join);
	/* Back into a conversation of its own; no event follows. */
	void (*leave)(void *ctx);
	/* False: there is no such conversation. Else the script is over and finished() is not
	 * called: the leg belongs to the other conversation now. */
	bool (*transfer)(void *ctx, const struct ncco_transfer *transfer);

	/* Into the queue: NCCO_QUEUE_POSITION at once and when it changes, NCCO_CONNECTED when
	 * somebody has taken the caller, or failed (it is full). */
	void (*enqueue)(void *ctx, const struct ncco_queue *queue);
	void (*leave_queue)(void *ctx); /* no event follows */
	/* Takes the next caller, or the first that comes: NCCO_CONNECTED. */
	void (*dequeue)(void *ctx, const char *name);
	void (*forget_dequeue)(void *ctx);

	/* Listens for speech: NCCO_SPEECH_BEGAN (it is no cough), then NCCO_SPEECH, the last one
	 * with `final`. start_timeout counts from speech_clock(). One at a time. */
	void (*recognise)(void *ctx, const struct ncco_speech *speech);
	void (*speech_clock)(void *ctx);
	void (*forget_speech)(void *ctx);
	/* Ends it with what was heard so far: NCCO_SPEECH with `final` follows. */
	void (*finish_speech)(void *ctx);

	/* NCCO_AMD with the result, in each mode; also when no step waits for it any more. */
	void (*amd)(void *ctx, const struct ncco_amd *amd);

	/* Beside the script, until stopped or the call ends; no events come, what goes wrong is
	 * for the host to tell. A new one replaces the one before. NULL stops. */
	void (*transcribe)(void *ctx, const struct ncco_transcribe *transcribe);
	void (*fork)(void *ctx, const struct ncco_fork *fork);

	/* Asks the other side to call `to` instead of us (RFC 3515): NCCO_REFERRED when it tells
	 * how that ended. */
	void (*refer)(void *ctx, const struct ncco_refer *refer);
	void (*forget_refer)(void *ctx);

	/* One timer: NCCO_TIMER after delay; set again to replace, 0 disarms. */
	void (*timer)(void *ctx, uint64_t delay_us);

	/* Ends the leg: after answer BYE, before it a refusal. reason may be NULL. The script is
	 * over, finished() does not follow. */
	void (*hangup)(void *ctx, const char *reason, struct json_object *headers);

	/* Refuses the leg with a SIP status; after the answer as hangup. */
	void (*reject)(void *ctx, int status, const char *reason, struct json_object *headers);

	/* Something went wrong that the application must hear of: an `error` event. pointer
	 * names the step or option ("/2/streamUrl"). The script goes on as the step decides. */
	void (*error)(void *ctx, const char *pointer, const char *reason);

	/* For logs, traces and STEP events: a step starts (ended false) or has ended. */
	void (*step)(void *ctx, const char *pointer, const char *action, bool ended);

	/* What the script still holds (sound, request, timer, listening) is given back by the
	 * functions above within the call that ends it; after that nothing is asked for. */

	/* All steps are done (or max_steps was hit, after error()). Called once per script. */
	void (*finished)(void *ctx);
};

enum ncco_event_type {
	NCCO_PLAYED,
	NCCO_PLAY_FAILED, /* reason */
	NCCO_DIGIT,	  /* digit */
	NCCO_TIMER,
	NCCO_DIGITS_SENT, /* failed: reason */
	NCCO_RECORDED,	  /* number, url; or failed, reason */
	NCCO_EARLY_MEDIA, /* the callee's own ringback is heard now, or its announcement */
	NCCO_CONNECTED,	  /* or failed, reason: "busy" "failed" "rejected" "unanswered" "timeout",
			   * of a queue "full" "empty" "left" */
	NCCO_JOINED,
	NCCO_LEFT,	     /* or failed, reason */
	NCCO_QUEUE_POSITION, /* number, from 1 */
	NCCO_SPEECH_BEGAN,
	NCCO_SPEECH,   /* data: the member "speech" of the input webhook; final; text; or
			* failed (and final), reason */
	NCCO_AMD,      /* data: {"status": "human" or "machine", "sub_state"?}; or failed, reason */
	NCCO_REFERRED, /* number: the final SIP status; failed: reason */
	NCCO_REPLY     /* document (a new script), or NULL to go on; failed: no answer came */
};

struct ncco_event {
	enum ncco_event_type type;
	char digit;			/* 0-9 * # A-D */
	const char *reason;		/* of a failure, for people */
	struct ncco_document *document; /* ownership moves to the interpreter */
	struct json_object *data;	/* of a reply: all of it as JSON; borrowed, may be NULL */
	bool failed;
	unsigned number;  /* of a recording, a position, a status */
	const char *url;  /* of its file */
	const char *text; /* what was understood, best guess; "" nothing */
	bool final;
};

#endif
