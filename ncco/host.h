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

enum ncco_sound_kind { NCCO_SOUND_URL, NCCO_SOUND_TEXT };

struct ncco_sound {
	enum ncco_sound_kind kind;
	const char *source;   /* the URL as written (relative to base), or the text, or SSML */
	const char *base;     /* URL of the document, or NULL */
	const char *language; /* text only; NULL: the default */
	const char *voice;    /* NULL: by style */
	const char *provider; /* TTS adapter, NULL: the configured one */
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
};

enum ncco_record_order { NCCO_RECORD_STOP, NCCO_RECORD_PAUSE, NCCO_RECORD_RESUME };

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
	NCCO_REPLY	  /* document (a new script), or NULL to go on; failed: no answer came */
};

struct ncco_event {
	enum ncco_event_type type;
	char digit;			/* 0-9 * # A-D */
	const char *reason;		/* of a failure, for people */
	struct ncco_document *document; /* ownership moves to the interpreter */
	struct json_object *data;	/* of a reply: all of it as JSON; borrowed, may be NULL */
	bool failed;
	unsigned number; /* of a recording */
	const char *url; /* of its file */
};

#endif
