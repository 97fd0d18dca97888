#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "call/leg_private.h"

#define DTMF_PAYLOAD_TYPE 101
#define DEFAULT_PTIME_MS  20

const struct codec *leg_agreed_codec(const struct leg_sip *leg)
{
	const struct sdp_codec *codec = &leg->sdp.local.codecs[leg->result.codec];

	return codec_find(codec->name, codec->rate);
}

/* The local address from which packets to peer leave: what a connected socket says. */
static void address_towards(int family, const char *peer, char out[64])
{
	struct sockaddr_storage ss = {.ss_family = (sa_family_t)family};
	struct sockaddr_in *in = (struct sockaddr_in *)&ss;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&ss;
	socklen_t length = family == AF_INET6 ? sizeof(*in6) : sizeof(*in);
	int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	snprintf(out, 64, "%s", family == AF_INET6 ? "::1" : "127.0.0.1");
	in->sin_port = htons(9); /* the port does not matter; sin6_port lies in the same place */
	if (fd >= 0 &&
		inet_pton(family, peer,
			family == AF_INET6 ? (void *)&in6->sin6_addr : (void *)&in->sin_addr) ==
			1 &&
		connect(fd, (struct sockaddr *)&ss, length) == 0 &&
		getsockname(fd, (struct sockaddr *)&ss, &length) == 0)
		inet_ntop(family,
			family == AF_INET6 ? (void *)&in6->sin6_addr : (void *)&in->sin_addr, out,
			64);
	if (fd >= 0)
		close(fd);
}

/* Whether a name is in a list with commas. */
static bool listed(const char *list, const char *name)
{
	size_t length = strlen(name);

	for (; *list; list += strspn(list, ",")) {
		size_t this = strcspn(list, ",");

		if (this == length && strncasecmp(list, name, length) == 0)
			return true;
		list += this;
	}
	return false;
}

static void fill_local(struct leg_sip *leg, int family, const char *peer, struct sdp_local *local)
{
	int payload_type = 96;

	*local = (struct sdp_local){
		.dtmf_payload_type = DTMF_PAYLOAD_TYPE,
		.ptime_ms = DEFAULT_PTIME_MS,
		.family = family,
		.rtp_port = media_leg_port(leg->base.media),
	};
	for (size_t i = 0; codec_table[i] && local->codec_count < SDP_MAX_CODECS; i++) {
		const struct codec *codec = codec_table[i];
		bool fixed = codec->static_payload_type >= 0;

		if (leg->base.env->codec && !listed(leg->base.env->codec, codec->name))
			continue;
		local->codecs[local->codec_count++] = (struct sdp_codec){
			.name = codec->name,
			.rate = codec->rtp_rate,
			.payload_type =
				(uint8_t)(fixed ? codec->static_payload_type : payload_type++),
		};
	}
	if (leg->base.env->media_address)
		snprintf(
			local->address, sizeof(local->address), "%s", leg->base.env->media_address);
	else
		address_towards(family, peer, local->address);
}

void leg_start_media(struct leg_sip *leg, bool moved)
{
	const struct sdp_result *r = &leg->result;
	struct media_params params = {
		.codec = leg_agreed_codec(leg),
		.payload_type = r->payload_type_tx,
		.dtmf_payload_type_rx = r->dtmf_payload_type_rx,
		.dtmf_payload_type_tx = r->dtmf_payload_type_tx,
		.ptime_ms = r->ptime_ms,
		.rtp = r->rtp,
		.rtcp = r->rtcp,
		.send = (r->direction & SDP_SENDONLY) != 0,
		.receive = (r->direction & SDP_RECVONLY) != 0,
		.relatch = moved,
	};

	media_leg_start(leg->base.media, &params);
	leg->base.started = true;
	if (r->held != leg->base.held) {
		leg->base.held = r->held;
		log_info(leg->base.id, "%s by the other side", r->held ? "held" : "resumed");
		if (leg->base.handler->on_held)
			leg->base.handler->on_held(leg->base.arg, r->held);
	}
}

static bool same_address(const struct sockaddr_storage *a, const struct sockaddr_storage *b)
{
	const struct sockaddr_in *a4 = (const struct sockaddr_in *)a;
	const struct sockaddr_in *b4 = (const struct sockaddr_in *)b;
	const struct sockaddr_in6 *a6 = (const struct sockaddr_in6 *)a;
	const struct sockaddr_in6 *b6 = (const struct sockaddr_in6 *)b;

	if (a->ss_family != b->ss_family)
		return false;
	if (a->ss_family == AF_INET6)
		return a6->sin6_port == b6->sin6_port &&
		       memcmp(&a6->sin6_addr, &b6->sin6_addr, sizeof(a6->sin6_addr)) == 0;
	return a4->sin_port == b4->sin_port && a4->sin_addr.s_addr == b4->sin_addr.s_addr;
}

void leg_agree(struct leg_sip *leg, const struct sdp_result *result, bool run)
{
	bool moved = leg->agreed && !same_address(&leg->result.rtp, &result->rtp);

	leg->result = *result;
	leg->agreed = true;
	if (run || leg->base.started)
		leg_start_media(leg, moved);
}

int leg_media_open(struct leg_sip *leg, int family, const char *peer)
{
	struct sdp_local local;
	int error = -EADDRINUSE;

	leg->base.media =
		media_leg_new(leg->base.env->media, family, &leg_media_handler, leg, &error);
	if (!leg->base.media)
		return error;
	fill_local(leg, family, peer, &local);
	sdp_session_init(&leg->sdp, &local);
	return 0;
}

void leg_face(struct leg_sip *leg, const char *peer)
{
	if (!leg->base.env->media_address)
		address_towards(leg->sdp.local.family, peer, leg->sdp.local.address);
}

int leg_negotiate_inbound(struct leg_sip *leg, const char **ret_reason)
{
	int r = leg_media_open(leg, sip_leg_family(leg->sip), sip_leg_source_ip(leg->sip));
	size_t length;
	const char *offer = sip_leg_sdp(leg->sip, &length);

	if (r < 0) {
		*ret_reason = r == -EADDRINUSE ? "no RTP port is free"
					       : "this address family is not served";
		return r == -EADDRINUSE ? 503 : 488;
	}
	if (!offer)
		return 0;
	r = sdp_accept(&leg->sdp, offer, length, &leg->answer, &leg->result, ret_reason);
	if (r < 0)
		return r == -EBADMSG ? 400 : 488;
	leg->agreed = true;
	return 0;
}
