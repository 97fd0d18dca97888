/* sdp.h - SDP parsed and written by ourselves (RFC 8866), offer and answer (RFC 3264).
 *
 * sofia's sdp_parse() is never called: one datagram can make it eat memory for ever. The
 * parser takes any bytes, is bounded (64 KiB, 64 m-lines, 128 formats a line) and linear.
 * Any thread, pure. */
#ifndef SIP_SDP_H
#define SIP_SDP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/strbuf.h"

#define SDP_MAX_BYTES	65536
#define SDP_MAX_MEDIA	64
#define SDP_MAX_FORMATS 128 /* in an m-line */
#define SDP_MAX_CODECS	16  /* in our capabilities */

enum sdp_direction { SDP_INACTIVE = 0, SDP_SENDONLY = 1, SDP_RECVONLY = 2, SDP_SENDRECV = 3 };

/* One codec that we can do, in order of preference. */
struct sdp_codec {
	const char *name; /* "PCMU"; "telephone-event" is handled by dtmf below, not here */
	uint32_t rate;
	uint8_t payload_type; /* that we offer; an answer uses the offerer's number */
};

/* What we are and can. */
struct sdp_local {
	struct sdp_codec codecs[SDP_MAX_CODECS];
	size_t codec_count;
	uint8_t dtmf_payload_type; /* telephone-event that we offer, 0: none */
	uint8_t ptime_ms;	   /* what we would like, 20 */
	int family;		   /* AF_INET or AF_INET6 */
	char address[64];	   /* in c= and o=: external_ip or the bound address */
	uint16_t rtp_port;
};

/* What one audio stream came to be, from our side. */
struct sdp_result {
	size_t codec; /* index into sdp_local.codecs */
	uint8_t payload_type_tx, payload_type_rx;
	uint8_t dtmf_payload_type_tx, dtmf_payload_type_rx; /* 0: none */
	uint8_t ptime_ms;		   /* 10, 20, 30, 40 or 60: their wish within our means */
	enum sdp_direction direction;	   /* ours; SENDONLY: they listen only */
	bool held;			   /* sendonly, inactive or 0.0.0.0 from them */
	struct sockaddr_storage rtp, rtcp; /* numeric; a host name is a fault */
};

/* One negotiation per dialog, kept across re-INVITEs. Plain data, owner's thread. */
struct sdp_session {
	struct sdp_local local;
	uint64_t id, version;	     /* o= line; version rises when our description changes */
	struct strbuf last;	     /* our last description without its o= line */
	struct strbuf answer_lines;  /* m-lines of their offer that we refuse, kept in order */
	enum sdp_direction withheld; /* what we do not do now (hold), whatever they say */
};

void sdp_session_init(struct sdp_session *session, const struct sdp_local *local);
void sdp_session_release(struct sdp_session *session);

/* Writes our offer. Cannot fail. The direction is ours, without what is withheld. */
void sdp_offer(struct sdp_session *session, enum sdp_direction direction, struct strbuf *out);

/* Takes an offer and writes our answer: first acceptable audio m-line is ours, every other
 * is refused with port 0, in order. 0; -EBADMSG malformed (400), -ENOTSUP nothing in common
 * or no audio or port 0 (488). *ret_error is a constant text. */
int sdp_accept(struct sdp_session *session, const char *offer, size_t length,
	struct strbuf *out_answer, struct sdp_result *ret_result, const char **ret_error);

/* Takes the answer to our last offer. Same errors. */
int sdp_complete(struct sdp_session *session, const char *answer, size_t length,
	struct sdp_result *ret_result, const char **ret_error);

#endif
