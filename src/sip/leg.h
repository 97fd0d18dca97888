/* leg.h - one SIP dialog and its INVITE, inbound or outbound. Core thread only.
 *
 * SDP passes through as bytes (text of application/sdp); negotiation is sdp.h and its owner
 * is the caller. All strings handed out are borrowed until the leg is freed, or for the time
 * of a callback where they are its arguments. No callback runs inside a call that the user
 * makes, nor after sip_leg_free(). */
#ifndef SIP_LEG_H
#define SIP_LEG_H

#include <stdbool.h>
#include <stddef.h>

#include "base/json.h"
#include "sip/agent.h"
#include "sip/refer.h"

enum sip_leg_state {
	SIP_LEG_INIT,	   /* outbound, before INVITE went out */
	SIP_LEG_INVITED,   /* INVITE seen or sent, no answer yet */
	SIP_LEG_EARLY,	   /* 18x sent or received */
	SIP_LEG_ANSWERED,  /* 200 sent, no ACK yet */
	SIP_LEG_CONFIRMED, /* ACK sent or received */
	SIP_LEG_ENDED
};

struct sip_end {
	int status;	    /* final status of a failed INVITE, 200 after BYE, 487 on CANCEL, 408 */
	const char *reason; /* phrase, or the text of a Reason header */
	bool by_peer;	    /* they ended it */
};

/* What a REFER asks for: that we call somebody (RFC 3515), perhaps in place of a call that the
 * referring party has there (RFC 3891). */
struct sip_refer {
	const char *to;			       /* the URI to call, without its headers */
	const struct refer_replaces *replaces; /* NULL: none */
	const char *referred_by;	       /* header value (RFC 3892), NULL: none */
};

struct sip_leg_handler {
	/* Outbound: the INVITE is about to go to that address, numeric; the last moment for
	 * sip_leg_set_offer(). */
	void (*on_sending)(void *arg, const char *peer_ip);
	/* Outbound: 180/183; sdp NULL without early media. */
	void (*on_ringing)(void *arg, int status, const char *sdp, size_t length);
	/* Outbound: 200 came and was acknowledged. sdp NULL: their answer was in a 18x. */
	void (*on_answered)(void *arg, const char *sdp, size_t length);
	/* Inbound: ACK came; sdp is the answer to a late offer, else NULL. */
	void (*on_ack)(void *arg, const char *sdp, size_t length);
	/* A re-INVITE or UPDATE: sdp NULL is a request without body (a refresh, or in a
	 * re-INVITE a wish for our offer). Must be answered by sip_leg_reoffer_answer(). */
	void (*on_reoffer)(void *arg, const char *sdp, size_t length, bool update);
	/* A sip_leg_reinvite() was refused or not answered; what was agreed before holds. */
	void (*on_reinvite_failed)(void *arg, int status);
	/* INFO with a DTMF body (application/dtmf-relay or application/dtmf), parsed. */
	void (*on_digit)(void *arg, char digit, unsigned duration_ms);
	/* How a sip_leg_refer() goes: what they are told by whom they call. The last one is
	 * `final`: a status from 200 on, 408 when nothing was heard in time. */
	void (*on_refer_status)(void *arg, int status, const char *phrase, bool final);
	/* They want us to call somebody. Must be answered by sip_leg_refer_answer(). NULL: 603. */
	void (*on_refer)(void *arg, const struct sip_refer *refer);
	/* The dialog is over, once, last callback. */
	void (*on_ended)(void *arg, const struct sip_end *end);
};

/* Inbound: says who listens; to be called within on_invite. */
void sip_leg_set_handler(struct sip_leg *leg, const struct sip_leg_handler *handler, void *arg);

/* Facts of the INVITE. For an outbound leg the ones that were asked for. */
const char *sip_leg_call_id(const struct sip_leg *leg);
const char *sip_leg_from(const struct sip_leg *leg); /* header value, with tag */
const char *sip_leg_to(const struct sip_leg *leg);
const char *sip_leg_from_user(const struct sip_leg *leg); /* unescaped, "" when none */
const char *sip_leg_to_user(const struct sip_leg *leg);
const char *sip_leg_from_uri(const struct sip_leg *leg); /* sip:user@host */
const char *sip_leg_request_uri(const struct sip_leg *leg);
const char *sip_leg_request_user(const struct sip_leg *leg);
const char *sip_leg_source_ip(const struct sip_leg *leg);   /* numeric, of the packet */
const char *sip_leg_source_addr(const struct sip_leg *leg); /* "UDP 192.0.2.1:5060" */
const char *sip_leg_user_agent(const struct sip_leg *leg);  /* "" when none */
int sip_leg_family(const struct sip_leg *leg);		    /* AF_INET, AF_INET6 of the peer */
/* name -> array of values, every header in order, as sent. New object, the caller puts it. */
struct json_object *sip_leg_headers(const struct sip_leg *leg);
const char *sip_leg_sdp(const struct sip_leg *leg, size_t *ret_length); /* offer, or NULL */
enum sip_leg_state sip_leg_state(const struct sip_leg *leg);

/* Inbound, before the answer. headers: object name -> string or NULL; the caller has
 * checked them (no CR, LF). With require_100rel support on their side, provisional
 * responses with SDP are sent reliably (PRACK, RFC 3262). */
void sip_leg_ring(struct sip_leg *leg, struct json_object *headers); /* 180 */
void sip_leg_progress(struct sip_leg *leg, const char *sdp);	     /* 183 with SDP */
void sip_leg_answer(struct sip_leg *leg, const char *sdp, struct json_object *headers); /* 200 */
/* reason_header NULL, or the text for "Reason: SIP;cause=STATUS;text=..."; retry_after 0 off. */
void sip_leg_reject(struct sip_leg *leg, int status, const char *phrase, const char *reason_header,
	unsigned retry_after, struct json_object *headers);
/* No final answer at all ("spam"): the transaction is dropped in silence. */
void sip_leg_drop(struct sip_leg *leg);

/* Answers on_reoffer: 200 with our SDP (NULL for a refresh without body), or a failure. */
void sip_leg_reoffer_answer(struct sip_leg *leg, int status, const char *sdp);

/* Starts an outbound call. Challenges are answered with auth_user and password, only when
 * they come from this dialog's own INVITE. 0, or -EINVAL with a malloc'd *ret_error. */
struct sip_dial {
	const char *to_uri; /* request URI and To */
	const char *from_uri, *from_name;
	const char *auth_user, *password;
	const char *outbound_proxy; /* NULL: the agent's */
	const char *server;	    /* host, port, transport to send to when there is no proxy;
				     * NULL: those of to_uri */
	const char *sdp;	    /* our offer; NULL: late offer */
	struct json_object *headers;
};
struct sip_leg *sip_leg_dial(struct sip_agent *agent, const struct sip_dial *dial,
	const struct sip_leg_handler *handler, void *arg, char **ret_error);

void sip_leg_set_offer(struct sip_leg *leg, const char *sdp);

/* A new offer, once no other one is under way; the newest counts. on_answered comes again, or
 * on_reinvite_failed. */
void sip_leg_reinvite(struct sip_leg *leg, const char *sdp);
void sip_leg_info_digit(struct sip_leg *leg, char digit, unsigned duration_ms);

/* REFER: asks the other side to call `to`. on_refer_status tells how that goes, unless the dialog
 * ends before. One at a time. 0, -ENOTCONN: not in a call, -EBUSY, or -EINVAL: `to` is no SIP URI.
 */
int sip_leg_refer(
	struct sip_leg *leg, const char *to, unsigned timeout_s, struct json_object *headers);
void sip_leg_refer_forget(struct sip_leg *leg); /* no on_refer_status comes */

/* Answers on_refer: 202 takes it, and the other side is told "100 Trying"; else a refusal. */
void sip_leg_refer_answer(struct sip_leg *leg, int status);
/* How the call that they asked for goes; from status 200 on it is the last news. To be called
 * before sip_leg_hangup(). Ignored when nobody wants to know. */
void sip_leg_refer_notify(struct sip_leg *leg, int status, const char *phrase);

/* The leg whose dialog a Replaces names (RFC 3891 section 3), or NULL. */
struct sip_leg *sip_leg_find(struct sip_agent *agent, const struct refer_replaces *replaces);
void *sip_leg_arg(const struct sip_leg *leg); /* its owner, as in sip_leg_set_handler() */

/* CANCEL, BYE or 603 by state. headers may be NULL. on_ended still comes. */
void sip_leg_hangup(struct sip_leg *leg, struct json_object *headers);

/* Lets go: hangs up if need be; no callback from here on. NULL allowed; returns NULL. */
struct sip_leg *sip_leg_free(struct sip_leg *leg);

#endif
