/* leg_private.h - the leg's own struct, shared by leg.c (signalling, ownership) and
 * leg_media.c (negotiation, media). */
#ifndef CALL_LEG_PRIVATE_H
#define CALL_LEG_PRIVATE_H

#include "base/strbuf.h"
#include "call/leg.h"

enum digit_source { DIGIT_RTP, DIGIT_INBAND, DIGIT_INFO };

struct leg {
	const struct leg_env *env;
	char *id;
	const struct leg_handler *handler;
	void *arg;
	struct sip_leg *sip;
	struct media_leg *media;
	struct sdp_session sdp;
	struct sdp_result result; /* valid when `agreed` */
	struct strbuf answer;	  /* inbound with an offer: our SDP for the 200 */
	enum leg_state state;
	bool agreed, started, answered, outbound, held, listening, ended;
	char last_digit;
	enum digit_source last_source;
	uint64_t last_digit_at;
	struct timer end_timer; /* tells an end that we caused ourselves, from the loop */
	struct sip_end own_end;
};

extern const struct media_leg_handler leg_media_handler; /* leg.c */

/* leg_media.c */

/* Media and our own description; 0 or negative errno. */
int leg_media_open(struct leg *leg, int family, const char *peer);
/* Media and negotiation of an inbound INVITE: 0 or the SIP status that refuses it. */
int leg_negotiate_inbound(struct leg *leg, const char **ret_reason);
/* Takes a new result; media starts or changes if it may run already. */
void leg_agree(struct leg *leg, const struct sdp_result *result, bool run);
void leg_start_media(struct leg *leg, bool moved);
const struct codec *leg_agreed_codec(const struct leg *leg);

#endif
