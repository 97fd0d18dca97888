#include "call/leg_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

/* One press may be told by RTP and by INFO; the second telling comes within this time. */
#define SAME_PRESS_US (400 * USEC_PER_MSEC)
/* How long a key was held that was heard as a tone, which does not say: long enough to be heard. */
#define TONE_MS 100

/* For ends that the SIP leg will not tell, because nothing is to come from the peer. */
static void end_soon(struct leg_sip *leg, int status)
{
	leg_end_soon(&leg->base, &(struct leg_end){.status = status});
}

/* --- the SIP leg's events --- */

static void on_sip_ringing(void *arg, int status, const char *sdp, size_t length)
{
	struct leg_sip *leg = arg;
	struct sdp_result result;
	const char *error;

	leg_set_state(&leg->base, LEG_RINGING);
	if (sdp && sdp_complete(&leg->sdp, sdp, length, &result, &error) == 0)
		leg_agree(leg, &result, true);
	if (leg->base.handler->on_ringing)
		leg->base.handler->on_ringing(leg->base.arg, status);
}

/* The dialog stands: by their 200 (outbound) or their ACK (inbound), with or without SDP. */
static void confirm(struct leg_sip *leg, const char *sdp, size_t length)
{
	struct sdp_result result;
	const char *error = "no SDP answer came";
	bool first = leg->base.state < LEG_CONFIRMED;

	leg_set_state(&leg->base, LEG_CONFIRMED);
	if (sdp && sdp_complete(&leg->sdp, sdp, length, &result, &error) == 0)
		leg_agree(leg, &result, true);
	if (!leg->agreed) {
		log_warn(leg->base.id, "hanging up: %s", error);
		sip_leg_hangup(leg->sip, NULL);
		return;
	}
	if (first && leg->base.handler->on_answered)
		leg->base.handler->on_answered(leg->base.arg);
}

static void on_sip_answered(void *arg, const char *sdp, size_t length)
{
	struct leg_sip *leg = arg;

	leg->base.answered = true;
	leg->withheld = leg->sdp.withheld;
	confirm(leg, sdp, length);
}

static void on_sip_ack(void *arg, const char *sdp, size_t length)
{
	struct leg_sip *leg = arg;

	if (!leg->base.ended)
		confirm(leg, sdp, length);
}

static void on_sip_reoffer(void *arg, const char *sdp, size_t length, bool update)
{
	struct leg_sip *leg = arg;
	struct strbuf out = STRBUF_INIT;
	struct sdp_result result;
	const char *error;
	int r;

	if (!sdp) {
		if (!update)
			sdp_offer(&leg->sdp, SDP_SENDRECV, &out);
		sip_leg_reoffer_answer(leg->sip, 200, update ? NULL : out.data);
		strbuf_release(&out);
		return;
	}
	r = sdp_accept(&leg->sdp, sdp, length, &out, &result, &error);
	if (r < 0) {
		log_info(leg->base.id, "refusing a new offer: %s", error);
		sip_leg_reoffer_answer(leg->sip, r == -EBADMSG ? 400 : 488, NULL);
	} else {
		sip_leg_reoffer_answer(leg->sip, 200, out.data);
		leg_agree(leg, &result, false);
		/* Before the 200 an UPDATE replaced the offer: the 200 answers the newest. */
		strbuf_reset(&leg->answer);
		strbuf_add(&leg->answer, out.data, out.length);
	}
	strbuf_release(&out);
}

static void on_sip_reinvite_failed(void *arg, int status)
{
	struct leg_sip *leg = arg;

	log_warn(leg->base.id, "a new offer was refused with %d", status);
	leg->sdp.withheld = leg->withheld;
}

/* False: the press was told of already. */
static bool digit(struct leg_sip *leg, char d, enum digit_source source)
{
	uint64_t now = clock_mono();
	bool again = d == leg->last_digit && source != leg->last_source &&
		     now - leg->last_digit_at < SAME_PRESS_US;

	leg->last_digit = d;
	leg->last_digit_at = now;
	if (again)
		return false;
	leg->last_source = source;
	leg->rtp_press = source == DIGIT_RTP;
	if (leg->base.handler->on_digit && !leg->base.ended)
		leg->base.handler->on_digit(leg->base.arg, d);
	return true;
}

static void release(struct leg_sip *leg, char d, unsigned held_ms)
{
	if (leg->base.handler->on_release && !leg->base.ended)
		leg->base.handler->on_release(leg->base.arg, d, held_ms);
}

static void on_sip_digit(void *arg, char d, unsigned duration_ms)
{
	if (digit(arg, d, DIGIT_INFO))
		release(arg, d, duration_ms);
}

static void on_sip_refer_status(void *arg, int status, const char *phrase, bool final)
{
	struct leg *leg = arg;

	if (leg->handler->on_refer_status && !leg->ended)
		leg->handler->on_refer_status(leg->arg, status, phrase, final);
}

static void on_sip_refer(void *arg, const struct sip_refer *refer)
{
	struct leg_sip *leg = arg;

	if (leg->base.handler->on_refer && !leg->base.ended)
		leg->base.handler->on_refer(leg->base.arg, refer);
	else
		sip_leg_refer_answer(leg->sip, 603);
}

static void on_sip_ended(void *arg, const struct sip_end *end)
{
	leg_tell_ended(arg, &(struct leg_end){
				    .status = end->status,
				    .reason = end->reason,
				    .by_peer = end->by_peer,
			    });
}

/* Only now it is known which of our addresses the other side can reach. */
static void on_sip_sending(void *arg, const char *peer_ip)
{
	struct leg_sip *leg = arg;
	struct strbuf offer = STRBUF_INIT;

	leg_face(leg, peer_ip);
	sdp_offer(&leg->sdp, SDP_SENDRECV, &offer);
	sip_leg_set_offer(leg->sip, offer.data);
	strbuf_release(&offer);
}

static const struct sip_leg_handler sip_handler = {
	.on_sending = on_sip_sending,
	.on_ringing = on_sip_ringing,
	.on_answered = on_sip_answered,
	.on_ack = on_sip_ack,
	.on_reoffer = on_sip_reoffer,
	.on_reinvite_failed = on_sip_reinvite_failed,
	.on_digit = on_sip_digit,
	.on_refer_status = on_sip_refer_status,
	.on_refer = on_sip_refer,
	.on_ended = on_sip_ended,
};

/* --- the media leg's events --- */

static void on_media_digit(void *arg, char d, enum media_dtmf_source source)
{
	bool first = digit(arg, d, source == MEDIA_DTMF_RFC4733 ? DIGIT_RTP : DIGIT_INBAND);

	if (first && source == MEDIA_DTMF_INBAND)
		release(arg, d, TONE_MS);
}

static void on_media_release(void *arg, char d, unsigned held_ms)
{
	struct leg_sip *leg = arg;

	if (leg->rtp_press && d == leg->last_digit)
		release(leg, d, held_ms);
}

static void on_media_timeout(void *arg)
{
	struct leg_sip *leg = arg;

	if (leg->base.held || (leg->sdp.withheld & SDP_RECVONLY) || leg->base.ended ||
		leg->base.state < LEG_ANSWERED)
		return;
	log_warn(leg->base.id, "hanging up: no RTP comes any more");
	leg_hangup(&leg->base, "RTP timeout", NULL);
}

const struct media_leg_handler leg_media_handler = {
	.on_digit = on_media_digit,
	.on_release = on_media_release,
	.on_play_end = leg_on_play_end,
	.on_digits_sent = leg_on_digits_sent,
	.on_rtp_timeout = on_media_timeout,
};

/* --- what the owner asks for --- */

static void ring(struct leg *base)
{
	struct leg_sip *leg = (struct leg_sip *)base;

	leg_set_state(base, LEG_RINGING);
	sip_leg_ring(leg->sip, NULL);
}

static bool early(struct leg *base)
{
	struct leg_sip *leg = (struct leg_sip *)base;

	if (!leg->agreed)
		return false;
	leg_set_state(base, LEG_RINGING);
	sip_leg_progress(leg->sip, leg->answer.data);
	leg_start_media(leg, false);
	return true;
}

static void answer(struct leg *base, struct json_object *headers)
{
	struct leg_sip *leg = (struct leg_sip *)base;

	base->answered = true;
	leg_set_state(base, LEG_ANSWERED);
	if (!leg->agreed)
		sdp_offer(&leg->sdp, SDP_SENDRECV, &leg->answer);
	sip_leg_answer(leg->sip, leg->answer.data, headers);
	if (leg->agreed && !base->started)
		leg_start_media(leg, false);
}

static void reject(struct leg *base, int status, const char *reason, struct json_object *headers)
{
	struct leg_sip *leg = (struct leg_sip *)base;

	sip_leg_reject(leg->sip, status, NULL, reason, 0, headers);
	end_soon(leg, status);
}

static void drop(struct leg *base)
{
	struct leg_sip *leg = (struct leg_sip *)base;

	sip_leg_drop(leg->sip);
	end_soon(leg, 0);
}

/* The caller's headers and a Reason (RFC 3326): normal clearing with the given text. */
static struct json_object *with_reason(struct json_object *headers, const char *reason)
{
	struct json_object *out = NULL;
	struct strbuf value = STRBUF_INIT;

	if (!headers || json_object_deep_copy(headers, &out, NULL) < 0)
		out = json_object_new_object();
	strbuf_adds(&value, "Q.850;cause=16;text=\"");
	for (; *reason; reason++) {
		if (*reason == '"' || *reason == '\\')
			strbuf_addc(&value, '\\');
		strbuf_addc(&value, (unsigned char)*reason < 0x20 ? ' ' : *reason);
	}
	strbuf_addc(&value, '"');
	json_add_text(out, "Reason", value.data);
	strbuf_release(&value);
	return out;
}

static void hangup(struct leg *base, const char *reason, struct json_object *headers)
{
	struct leg_sip *leg = (struct leg_sip *)base;
	struct json_object *all;

	if (!base->outbound && !base->answered) {
		reject(base, 603, reason, headers);
		return;
	}
	if (!reason) {
		sip_leg_hangup(leg->sip, headers);
		return;
	}
	log_info(base->id, "hanging up: %s", reason);
	all = with_reason(headers, reason);
	sip_leg_hangup(leg->sip, all);
	json_object_put(all);
}

static const struct codec *agreed_codec(const struct leg *base)
{
	const struct leg_sip *leg = (const struct leg_sip *)base;

	return leg->agreed ? leg_agreed_codec(leg) : NULL;
}

static void listen_inband(struct leg *base, bool on)
{
	struct leg_sip *leg = (struct leg_sip *)base;
	bool wanted = on && leg->agreed && leg->result.dtmf_payload_type_rx == 0;

	if (wanted == leg->listening)
		return;
	leg->listening = wanted;
	media_leg_detect_inband(base->media, wanted);
}

static int send_digits(struct leg *base, const char *digits, unsigned on_ms, unsigned gap_ms)
{
	return media_leg_send_digits(base->media, digits, on_ms, gap_ms);
}

static void hold(struct leg *base, bool on, bool silent)
{
	struct leg_sip *leg = (struct leg_sip *)base;
	enum sdp_direction withheld =
		on ? SDP_RECVONLY | (silent ? SDP_SENDONLY : SDP_INACTIVE) : SDP_INACTIVE;
	struct strbuf offer = STRBUF_INIT;

	if (withheld == leg->sdp.withheld || base->state != LEG_CONFIRMED)
		return;
	leg->sdp.withheld = withheld;
	log_info(base->id, on ? "held by us" : "resumed by us");
	sdp_offer(&leg->sdp, SDP_SENDRECV, &offer);
	sip_leg_reinvite(leg->sip, offer.data);
	strbuf_release(&offer);
}

static void free_leg(struct leg *base)
{
	struct leg_sip *leg = (struct leg_sip *)base;

	sip_leg_free(leg->sip);
	leg_release(base);
	sdp_session_release(&leg->sdp);
	strbuf_release(&leg->answer);
	free(leg);
}

static const struct leg_ops sip_ops = {
	.ring = ring,
	.early = early,
	.answer = answer,
	.reject = reject,
	.drop = drop,
	.hangup = hangup,
	.codec = agreed_codec,
	.listen = listen_inband,
	.send_digits = send_digits,
	.hold = hold,
	.free = free_leg,
};

/* --- making --- */

static struct leg_sip *leg_new(
	const struct leg_env *env, const char *id, const struct leg_handler *handler, void *arg)
{
	struct leg_sip *leg = xcalloc(1, sizeof(*leg));

	leg_init(&leg->base, &sip_ops, env, id, handler, arg);
	leg->answer = (struct strbuf)STRBUF_INIT;
	return leg;
}

int leg_accept(const struct leg_env *env, struct sip_leg *sip, const char *id,
	const struct leg_handler *handler, void *arg, struct leg **ret_leg, const char **ret_reason)
{
	struct leg_sip *leg = leg_new(env, id, handler, arg);
	int status;

	leg->sip = sip;
	status = leg_negotiate_inbound(leg, ret_reason);
	if (status != 0) {
		sip_leg_reject(sip, status, NULL, *ret_reason, status == 503 ? 10 : 0, NULL);
		leg_free(&leg->base);
		return status;
	}
	sip_leg_set_handler(sip, &sip_handler, leg);
	*ret_leg = &leg->base;
	return 0;
}

int leg_dial(const struct leg_env *env, const struct sip_dial *sip, const char *id, int family,
	const struct leg_handler *handler, void *arg, struct leg **ret_leg, char **ret_error)
{
	struct leg_sip *leg = leg_new(env, id, handler, arg);
	int r;

	leg->base.outbound = true;
	r = leg_media_open(leg, family, family == AF_INET6 ? "::1" : "127.0.0.1");
	if (r < 0) {
		*ret_error = xstrdup(strerror(-r));
		leg_free(&leg->base);
		return -EINVAL;
	}
	leg->sip = sip_leg_dial(env->agent, sip, &sip_handler, leg, ret_error);
	if (!leg->sip) {
		leg_free(&leg->base);
		return -EINVAL;
	}
	*ret_leg = &leg->base;
	return 0;
}

struct sip_leg *leg_sip(struct leg *leg)
{
	return leg->ops == &sip_ops ? ((struct leg_sip *)leg)->sip : NULL;
}
