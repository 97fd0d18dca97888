/* leg_private.h - the inside of a leg: what all have (leg.c), the party on the telephone
 * (leg_sip.c with leg_media.c), the web application (leg_websocket.c).
 *
 * A kind of party is a struct that begins with struct leg and a const struct leg_ops. */
#ifndef CALL_LEG_PRIVATE_H
#define CALL_LEG_PRIVATE_H

#include "base/strbuf.h"
#include "call/leg.h"

/* Called with a leg that has not ended (free: in any state). NULL: nothing of that kind happens. */
struct leg_ops {
	void (*ring)(struct leg *leg);
	bool (*early)(struct leg *leg); /* media has not started */
	void (*answer)(struct leg *leg, struct json_object *headers);
	void (*reject)(
		struct leg *leg, int status, const char *reason, struct json_object *headers);
	void (*drop)(struct leg *leg);
	void (*hangup)(struct leg *leg, const char *reason, struct json_object *headers);
	const struct codec *(*codec)(const struct leg *leg);
	void (*listen)(struct leg *leg, bool on);
	int (*send_digits)(struct leg *leg, const char *digits, unsigned on_ms, unsigned gap_ms);
	void (*tell_digit)(struct leg *leg, char digit, unsigned duration_ms);
	void (*hold)(struct leg *leg, bool hold, bool silent);
	void (*free)(struct leg *leg); /* of half-built ones, too; leg_release() is for the rest */
};

struct leg {
	const struct leg_ops *ops;
	const struct leg_env *env;
	char *id;
	const struct leg_handler *handler;
	void *arg;
	struct media_leg *media;
	enum leg_state state;
	bool started;  /* media runs */
	bool answered; /* by us or by them */
	bool outbound, held, ended;
	struct timer end_timer; /* tells an end that we caused ourselves, from the loop */
	struct leg_end own_end;
};

/* leg.c */

void leg_init(struct leg *leg, const struct leg_ops *ops, const struct leg_env *env, const char *id,
	const struct leg_handler *handler, void *arg);
void leg_release(struct leg *leg);
/* The one setter: signalling only moves forward. */
void leg_set_state(struct leg *leg, enum leg_state state);
/* The last event, once; `answered` and `media` are filled in here. */
void leg_tell_ended(struct leg *leg, const struct leg_end *end);
void leg_end_soon(struct leg *leg, const struct leg_end *end); /* texts are constant */
/* For media_leg_handler; arg is the leg. */
void leg_on_play_end(void *arg, uint32_t play, enum media_play_end end, uint32_t played_ms);
void leg_on_digits_sent(void *arg);

/* --- the party on the telephone --- */

enum digit_source { DIGIT_RTP, DIGIT_INBAND, DIGIT_INFO };

struct leg_sip {
	struct leg base; /* first */
	struct sip_leg *sip;
	struct sdp_session sdp;
	struct sdp_result result; /* valid when `agreed` */
	struct strbuf answer;	  /* inbound with an offer: our SDP for the 200 */
	bool agreed, listening;
	bool rtp_press;		     /* the present press was told of by RTP first */
	enum sdp_direction withheld; /* as agreed; sdp.withheld: as it is offered */
	char last_digit;
	enum digit_source last_source;
	uint64_t last_digit_at;
};

extern const struct media_leg_handler leg_media_handler; /* leg_sip.c */

/* leg_media.c */

/* Media and our own description; 0 or negative errno. */
int leg_media_open(struct leg_sip *leg, int family, const char *peer);
/* Our address in SDP is the one that faces the peer, unless one is configured. */
void leg_face(struct leg_sip *leg, const char *peer);
/* Media and negotiation of an inbound INVITE: 0 or the SIP status that refuses it. */
int leg_negotiate_inbound(struct leg_sip *leg, const char **ret_reason);
/* Takes a new result; media starts or changes if it may run already. */
void leg_agree(struct leg_sip *leg, const struct sdp_result *result, bool run);
void leg_start_media(struct leg_sip *leg, bool moved);
const struct codec *leg_agreed_codec(const struct leg_sip *leg);

#endif
