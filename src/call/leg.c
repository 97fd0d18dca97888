#include "call/leg_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

/* One press may be told by RTP and by INFO; the second telling comes within this time. */
#define SAME_PRESS_US (400 * USEC_PER_MSEC)

static const char *const state_names[] = {"invited", "ringing", "answered", "confirmed", "ended"};

/* The one setter: signalling only moves forward. */
static void set_state(struct leg *leg, enum leg_state state)
{
	if (state <= leg->state)
		return;
	log_debug(leg->id, "leg %s -> %s", state_names[leg->state], state_names[state]);
	leg->state = state;
}

static void tell_ended(struct leg *leg, const struct sip_end *end)
{
	struct leg_end out = {
		.status = end->status,
		.reason = end->reason ? end->reason : "",
		.by_peer = end->by_peer,
		.answered = leg->answered,
	};

	if (leg->ended)
		return;
	leg->ended = true;
	set_state(leg, LEG_ENDED);
	if (leg->media)
		media_leg_stats(leg->media, &out.media);
	if (leg->handler->on_ended)
		leg->handler->on_ended(leg->arg, &out);
}

static void on_end_timer(void *arg)
{
	struct leg *leg = arg;

	tell_ended(leg, &leg->own_end);
}

/* For ends that the SIP leg will not tell, because nothing is to come from the peer. */
static void end_soon(struct leg *leg, int status, const char *reason)
{
	leg->own_end = (struct sip_end){.status = status, .reason = reason};
	timer_start(&leg->end_timer, 0);
}

/* --- the SIP leg's events --- */

static void on_sip_ringing(void *arg, int status, const char *sdp, size_t length)
{
	struct leg *leg = arg;
	struct sdp_result result;
	const char *error;

	set_state(leg, LEG_RINGING);
	if (sdp && sdp_complete(&leg->sdp, sdp, length, &result, &error) == 0)
		leg_agree(leg, &result, true);
	if (leg->handler->on_ringing)
		leg->handler->on_ringing(leg->arg, status);
}

/* The dialog stands: by their 200 (outbound) or their ACK (inbound), with or without SDP. */
static void confirm(struct leg *leg, const char *sdp, size_t length)
{
	struct sdp_result result;
	const char *error = "no SDP answer came";
	bool first = leg->state < LEG_CONFIRMED;

	set_state(leg, LEG_CONFIRMED);
	if (sdp && sdp_complete(&leg->sdp, sdp, length, &result, &error) == 0)
		leg_agree(leg, &result, true);
	if (!leg->agreed) {
		log_warn(leg->id, "hanging up: %s", error);
		sip_leg_hangup(leg->sip, NULL);
		return;
	}
	if (first && leg->handler->on_answered)
		leg->handler->on_answered(leg->arg);
}

static void on_sip_answered(void *arg, const char *sdp, size_t length)
{
	struct leg *leg = arg;

	leg->answered = true;
	confirm(leg, sdp, length);
}

static void on_sip_ack(void *arg, const char *sdp, size_t length)
{
	struct leg *leg = arg;

	if (!leg->ended)
		confirm(leg, sdp, length);
}

static void on_sip_reoffer(void *arg, const char *sdp, size_t length, bool update)
{
	struct leg *leg = arg;
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
		log_info(leg->id, "refusing a new offer: %s", error);
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

static void digit(struct leg *leg, char d, enum digit_source source)
{
	uint64_t now = clock_mono();
	bool again = d == leg->last_digit && source != leg->last_source &&
		     now - leg->last_digit_at < SAME_PRESS_US;

	leg->last_digit = d;
	leg->last_digit_at = now;
	if (again)
		return;
	leg->last_source = source;
	if (leg->handler->on_digit && !leg->ended)
		leg->handler->on_digit(leg->arg, d);
}

static void on_sip_digit(void *arg, char d, unsigned duration_ms)
{
	(void)duration_ms;
	digit(arg, d, DIGIT_INFO);
}

static void on_sip_ended(void *arg, const struct sip_end *end)
{
	tell_ended(arg, end);
}

static const struct sip_leg_handler sip_handler = {
	.on_ringing = on_sip_ringing,
	.on_answered = on_sip_answered,
	.on_ack = on_sip_ack,
	.on_reoffer = on_sip_reoffer,
	.on_digit = on_sip_digit,
	.on_ended = on_sip_ended,
};

/* --- the media leg's events --- */

static void on_media_digit(void *arg, char d, enum media_dtmf_source source)
{
	digit(arg, d, source == MEDIA_DTMF_RFC4733 ? DIGIT_RTP : DIGIT_INBAND);
}

static void on_media_play_end(void *arg, uint32_t play, enum media_play_end end, uint32_t ms)
{
	struct leg *leg = arg;

	if (leg->handler->on_play_end && !leg->ended)
		leg->handler->on_play_end(leg->arg, play, end, ms);
}

static void on_media_digits_sent(void *arg)
{
	struct leg *leg = arg;

	if (leg->handler->on_digits_sent && !leg->ended)
		leg->handler->on_digits_sent(leg->arg);
}

static void on_media_timeout(void *arg)
{
	struct leg *leg = arg;

	if (leg->held || leg->ended || leg->state < LEG_ANSWERED)
		return;
	log_warn(leg->id, "hanging up: no RTP comes any more");
	leg_hangup(leg, "RTP timeout", NULL);
}

const struct media_leg_handler leg_media_handler = {
	.on_digit = on_media_digit,
	.on_play_end = on_media_play_end,
	.on_digits_sent = on_media_digits_sent,
	.on_rtp_timeout = on_media_timeout,
};

/* --- making and ending --- */

static struct leg *leg_new(
	const struct leg_env *env, const char *id, const struct leg_handler *handler, void *arg)
{
	struct leg *leg = xcalloc(1, sizeof(*leg));

	leg->env = env;
	leg->id = xstrdup(id);
	leg->handler = handler;
	leg->arg = arg;
	leg->answer = (struct strbuf)STRBUF_INIT;
	timer_init(&leg->end_timer, env->loop, on_end_timer, leg);
	return leg;
}

int leg_accept(const struct leg_env *env, struct sip_leg *sip, const char *id,
	const struct leg_handler *handler, void *arg, struct leg **ret_leg, const char **ret_reason)
{
	struct leg *leg = leg_new(env, id, handler, arg);
	int status;

	leg->sip = sip;
	status = leg_negotiate_inbound(leg, ret_reason);
	if (status != 0) {
		sip_leg_reject(sip, status, NULL, *ret_reason, status == 503 ? 10 : 0, NULL);
		leg_free(leg);
		return status;
	}
	sip_leg_set_handler(sip, &sip_handler, leg);
	*ret_leg = leg;
	return 0;
}

int leg_dial(const struct leg_env *env, const struct sip_dial *sip, const char *id, int family,
	const struct leg_handler *handler, void *arg, struct leg **ret_leg, char **ret_error)
{
	struct leg *leg = leg_new(env, id, handler, arg);
	struct sip_dial dial = *sip;
	struct strbuf offer = STRBUF_INIT;
	int r;

	leg->outbound = true;
	r = leg_media_open(leg, family, family == AF_INET6 ? "::1" : "127.0.0.1");
	if (r < 0) {
		*ret_error = xstrdup(strerror(-r));
		leg_free(leg);
		return -EINVAL;
	}
	sdp_offer(&leg->sdp, SDP_SENDRECV, &offer);
	dial.sdp = offer.data;
	leg->sip = sip_leg_dial(env->agent, &dial, &sip_handler, leg, ret_error);
	strbuf_release(&offer);
	if (!leg->sip) {
		leg_free(leg);
		return -EINVAL;
	}
	*ret_leg = leg;
	return 0;
}

struct leg *leg_free(struct leg *leg)
{
	if (!leg)
		return NULL;
	timer_stop(&leg->end_timer);
	sip_leg_free(leg->sip);
	media_leg_free(leg->media);
	sdp_session_release(&leg->sdp);
	strbuf_release(&leg->answer);
	free(leg->id);
	free(leg);
	return NULL;
}

struct sip_leg *leg_sip(struct leg *leg)
{
	return leg->sip;
}

struct media_leg *leg_media(struct leg *leg)
{
	return leg->media;
}

enum leg_state leg_state(const struct leg *leg)
{
	return leg->state;
}

const struct codec *leg_codec(const struct leg *leg)
{
	return leg->agreed ? leg_agreed_codec(leg) : NULL;
}

void leg_ring(struct leg *leg)
{
	if (leg->state != LEG_INVITED)
		return;
	set_state(leg, LEG_RINGING);
	sip_leg_ring(leg->sip, NULL);
}

bool leg_early(struct leg *leg)
{
	if (leg->started || leg->ended)
		return leg->started;
	if (!leg->agreed)
		return false;
	set_state(leg, LEG_RINGING);
	sip_leg_progress(leg->sip, leg->answer.data);
	leg_start_media(leg, false);
	return true;
}

void leg_answer(struct leg *leg, struct json_object *headers)
{
	if (leg->answered || leg->ended)
		return;
	leg->answered = true;
	set_state(leg, LEG_ANSWERED);
	if (!leg->agreed)
		sdp_offer(&leg->sdp, SDP_SENDRECV, &leg->answer);
	sip_leg_answer(leg->sip, leg->answer.data, headers);
	if (leg->agreed && !leg->started)
		leg_start_media(leg, false);
}

void leg_reject(struct leg *leg, int status, const char *reason, struct json_object *headers)
{
	if (leg->ended || leg->answered)
		return;
	sip_leg_reject(leg->sip, status, NULL, reason, 0, headers);
	end_soon(leg, status, NULL);
}

void leg_drop(struct leg *leg)
{
	if (leg->ended || leg->answered)
		return;
	sip_leg_drop(leg->sip);
	end_soon(leg, 0, NULL);
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

void leg_hangup(struct leg *leg, const char *reason, struct json_object *headers)
{
	struct json_object *all;

	if (leg->ended)
		return;
	if (!leg->outbound && !leg->answered) {
		leg_reject(leg, 603, reason, headers);
		return;
	}
	if (!reason) {
		sip_leg_hangup(leg->sip, headers);
		return;
	}
	log_info(leg->id, "hanging up: %s", reason);
	all = with_reason(headers, reason);
	sip_leg_hangup(leg->sip, all);
	json_object_put(all);
}

uint32_t leg_play(struct leg *leg, struct prompt *prompt, unsigned loops)
{
	return leg->started ? media_leg_play(leg->media, prompt, loops) : 0;
}

void leg_stop(struct leg *leg)
{
	if (leg->started)
		media_leg_stop(leg->media);
}

void leg_listen(struct leg *leg, bool on)
{
	bool wanted = on && leg->agreed && leg->result.dtmf_payload_type_rx == 0;

	if (wanted == leg->listening)
		return;
	leg->listening = wanted;
	media_leg_detect_inband(leg->media, wanted);
}

int leg_send_digits(struct leg *leg, const char *digits, unsigned on_ms, unsigned gap_ms)
{
	if (!leg->started)
		return -ENOTCONN;
	return media_leg_send_digits(leg->media, digits, on_ms, gap_ms);
}

bool leg_media_running(const struct leg *leg)
{
	return leg->started;
}
