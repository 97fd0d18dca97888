/* leg.h - one party: on the telephone, with its SIP dialog, its SDP negotiation and its media,
 * or a web application behind a WebSocket.
 *
 * The place where floor-2 drivers meet: what SIP carries as text is negotiated here and
 * becomes commands to the media engine. nccod's calls and sip-caller both stand on it; once made,
 * a leg is used without knowing of what kind it is. Core thread only. A leg has one owner; no
 * callback runs inside a call that the owner makes, nor after leg_free(). */
#ifndef CALL_LEG_H
#define CALL_LEG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/json.h"
#include "media/engine.h"
#include "sip/agent.h"
#include "sip/leg.h"
#include "sip/sdp.h"

struct leg;
struct websocket_client;
struct config_application;

/* What legs need to live; outlives them. */
struct leg_env {
	struct loop *loop;
	struct sip_agent *agent;
	struct media_engine *media;
	const char *media_address; /* put in SDP: external_ip, or NULL: the address that faces
				    * the peer */
	const char *codec;	   /* names of those to offer and accept, separated by commas; NULL:
				    * all of ours */
	struct websocket_client *websockets; /* for leg_dial_websocket() */
};

enum leg_state {
	LEG_INVITED, /* an INVITE came in or went out */
	LEG_RINGING,
	LEG_ANSWERED,  /* 200 sent or received */
	LEG_CONFIRMED, /* acknowledged */
	LEG_ENDED
};

struct leg_end {
	int status;	    /* SIP status of the failure, or 200 */
	const char *reason; /* "" when none */
	const char *detail; /* of a WebSocket that could not be had, as the Voice API names it:
			     * "unavailable", "timeout", "cannot_route"; else NULL */
	bool by_peer;
	bool disconnected;	  /* the application behind the WebSocket closed it, or is gone */
	bool answered;		  /* it had been answered */
	struct media_stats media; /* totals at the end */
};

/* Any member may be NULL. */
struct leg_handler {
	void (*on_ringing)(void *arg, int status); /* outbound */
	void (*on_answered)(void *arg);		   /* media is agreed and flows */
	void (*on_digit)(void *arg, char digit);   /* from RTP, INFO or in-band, once a press */
	/* The same press, when it is over: how long it was, as far as that is told. */
	void (*on_release)(void *arg, char digit, unsigned held_ms);
	void (*on_play_end)(void *arg, uint32_t play, enum media_play_end end, uint32_t played_ms);
	void (*on_digits_sent)(void *arg);
	void (*on_held)(void *arg, bool held);
	/* As in sip_leg_handler; a telephone's, answered by the functions of sip/leg.h. */
	void (*on_refer_status)(void *arg, int status, const char *phrase, bool final);
	void (*on_refer)(void *arg, const struct sip_refer *refer);
	void (*on_ended)(void *arg, const struct leg_end *end); /* once, last */
};

/* Takes over an inbound SIP leg: reserves media and negotiates at once, so that what cannot
 * be is refused before anybody is asked. 0 and the leg; or the SIP status of the refusal,
 * which was sent, and *ret_reason a constant text. id is the call's id for logs. */
int leg_accept(const struct leg_env *env, struct sip_leg *sip, const char *id,
	const struct leg_handler *handler, void *arg, struct leg **ret_leg,
	const char **ret_reason);

/* Calls out. 0, or -EINVAL with a malloc'd *ret_error. sip->sdp is filled in here. */
int leg_dial(const struct leg_env *env, const struct sip_dial *sip, const char *id, int family,
	const struct leg_handler *handler, void *arg, struct leg **ret_leg, char **ret_error);

/* A WebSocket to an application. */
struct leg_websocket_spec {
	const char *uri;
	unsigned rate;			 /* Hz: 8000, 16000 or 24000 */
	struct json_object *headers;	 /* for the handshake and the first message; NULL: none */
	const char *authorization;	 /* "vonage", "custom"; NULL: none */
	const char *authorization_value; /* of "custom" */
	const struct config_application *application; /* whose secret signs "vonage"; may be NULL */
};

/* Connects; on_answered once the WebSocket stands and media flows, or on_ended with status 480
 * (nobody there, or not in time) or 503 (it cannot be reached). 0, or -EINVAL with a malloc'd
 * *ret_error when it cannot be tried. */
int leg_dial_websocket(const struct leg_env *env, const struct leg_websocket_spec *spec,
	const char *id, const struct leg_handler *handler, void *arg, struct leg **ret_leg,
	char **ret_error);

struct leg *leg_free(struct leg *leg); /* hangs up if need be; NULL allowed; returns NULL */

/* For the facts of the INVITE; NULL: it is no SIP leg. */
struct sip_leg *leg_sip(struct leg *leg);
struct media_leg *leg_media(struct leg *leg);
enum leg_state leg_state(const struct leg *leg);

/* The codec agreed; before that, the one that will be as far as is known; NULL: unknown. */
const struct codec *leg_codec(const struct leg *leg);

/* Inbound. */
void leg_ring(struct leg *leg);
void leg_answer(struct leg *leg, struct json_object *headers); /* idempotent */
/* Media before the answer, by a 183 with our SDP; idempotent. False: it cannot be, for the
 * INVITE had no offer. */
bool leg_early(struct leg *leg);
void leg_reject(struct leg *leg, int status, const char *reason, struct json_object *headers);
void leg_drop(struct leg *leg); /* never answers; on_ended follows */

/* BYE, CANCEL or a refusal, as the state asks; on_ended follows. */
void leg_hangup(struct leg *leg, const char *reason, struct json_object *headers);

/* Sound; to be used from on_answered on (inbound: from leg_answer() on if leg_codec() is
 * known). Play numbers as in engine.h; 0 when there is no media yet. */
uint32_t leg_play(struct leg *leg, struct prompt *prompt, unsigned loops);
void leg_stop(struct leg *leg);
void leg_listen(struct leg *leg, bool on); /* in-band digits too, where nothing else is agreed */
int leg_send_digits(struct leg *leg, const char *digits, unsigned on_ms, unsigned gap_ms);
/* Somebody else in the conversation has pressed a key, for a party whose media does not carry
 * that: a WebSocket is told. */
void leg_tell_digit(struct leg *leg, char digit, unsigned duration_ms);
bool leg_media_running(const struct leg *leg);

/* Once it is confirmed: puts the other side on hold, or takes it back, and tells it so by a new
 * offer. While it is on hold it is not heard, and with `silent` it hears nothing either, else what
 * is played. For a telephone that refuses the offer nothing changes. */
void leg_hold(struct leg *leg, bool hold, bool silent);

#endif
