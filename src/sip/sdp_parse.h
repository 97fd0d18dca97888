/* sdp_parse.h - the reading half of sdp.h, private to src/sip/. Any thread, pure.
 *
 * A description is cut into spans of the caller's text; nothing is copied. One pass finds the
 * m-lines, a second reads the attributes of one of them, so the work is linear in the text. */
#ifndef SIP_SDP_PARSE_H
#define SIP_SDP_PARSE_H

#include "sip/sdp.h"

#define SDP_MAX_LINES 2048
#define SDP_NO_RTCP   (-1)

struct sdp_span {
	const char *data;
	size_t length;
};

/* One m-line: what follows it up to the next m-line is `attributes`. */
struct sdp_media {
	struct sdp_span media, proto, formats;
	uint16_t port;
	struct sdp_span attributes;
};

struct sdp_description {
	struct sdp_span session; /* lines above the first m-line */
	struct sdp_media media[SDP_MAX_MEDIA];
	size_t media_count;
};

struct sdp_rtpmap {
	struct sdp_span name; /* empty: this payload type has no mapping */
	uint32_t rate;
	unsigned channels;
};

/* One audio m-line with its attributes, session-level ones inherited. */
struct sdp_stream {
	uint8_t formats[SDP_MAX_FORMATS];
	size_t format_count;
	struct sdp_rtpmap map[128]; /* by payload type, static ones filled in */
	enum sdp_direction direction;
	unsigned ptime, maxptime; /* 0: not given */
	bool has_address;
	struct sockaddr_storage rtp, rtcp;
};

/* 0, or -EBADMSG and *ret_error a constant text. The spans point into text. */
int sdp_parse_description(const char *text, size_t length, struct sdp_description *ret_description,
	const char **ret_error);

/* Reads m-line number `index`, which must be RTP audio. Same errors. */
int sdp_parse_stream(const struct sdp_description *description, size_t index,
	struct sdp_stream *ret_stream, const char **ret_error);

/* m=audio over plain RTP/AVP with a port. */
bool sdp_media_usable(const struct sdp_media *media);
bool sdp_span_is(struct sdp_span span, const char *text); /* without regard to case */

/* The body without its o= line, and the o= line put in; the version rises with a change. */
void sdp_write_audio(struct strbuf *out, const struct sdp_local *local, const uint8_t *codecs,
	size_t codec_count, const uint8_t *payload_types, uint8_t dtmf_payload_type,
	uint8_t ptime_ms, enum sdp_direction direction);
void sdp_write_session(
	struct sdp_session *session, const struct strbuf *media_lines, struct strbuf *out);

/* Stands in answer_lines for the m-line that is ours. */
#define SDP_OURS "*\r\n"

#endif
