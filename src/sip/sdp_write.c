#include "sip/sdp_parse.h"

#include <string.h>

#include "base/id.h"

static const char *direction_name(enum sdp_direction direction)
{
	static const char *const names[] = {
		[SDP_INACTIVE] = "inactive",
		[SDP_SENDONLY] = "sendonly",
		[SDP_RECVONLY] = "recvonly",
		[SDP_SENDRECV] = "sendrecv",
	};

	return names[direction];
}

static const char *family_name(const struct sdp_local *local)
{
	return local->family == AF_INET6 ? "IP6" : "IP4";
}

void sdp_session_init(struct sdp_session *session, const struct sdp_local *local)
{
	*session = (struct sdp_session){
		.local = *local, .last = STRBUF_INIT, .answer_lines = STRBUF_INIT};
	/* RFC 8866 section 5.2 wants a number that is unique for the user; 62 bits keep clear
	 * of readers with signed numbers. */
	id_random(&session->id, sizeof(session->id));
	session->id >>= 2;
	session->version = session->id;
}

void sdp_session_release(struct sdp_session *session)
{
	strbuf_release(&session->last);
	strbuf_release(&session->answer_lines);
}

void sdp_write_audio(struct strbuf *out, const struct sdp_local *local, const uint8_t *codecs,
	size_t codec_count, const uint8_t *payload_types, uint8_t dtmf_payload_type,
	uint8_t ptime_ms, enum sdp_direction direction)
{
	strbuf_addf(out, "m=audio %u RTP/AVP", local->rtp_port);
	for (size_t i = 0; i < codec_count; i++)
		strbuf_addf(out, " %u", payload_types[i]);
	if (dtmf_payload_type)
		strbuf_addf(out, " %u", dtmf_payload_type);
	strbuf_adds(out, "\r\n");
	for (size_t i = 0; i < codec_count; i++) {
		const struct sdp_codec *codec = &local->codecs[codecs[i]];

		strbuf_addf(out, "a=rtpmap:%u %s/%u%s\r\n", payload_types[i], codec->name,
			codec->rate, strcmp(codec->name, "opus") == 0 ? "/2" : "");
	}
	if (dtmf_payload_type)
		strbuf_addf(out, "a=rtpmap:%u telephone-event/8000\r\na=fmtp:%u 0-15\r\n",
			dtmf_payload_type, dtmf_payload_type);
	strbuf_addf(out, "a=ptime:%u\r\na=%s\r\n", ptime_ms, direction_name(direction));
}

void sdp_write_session(
	struct sdp_session *session, const struct strbuf *media_lines, struct strbuf *out)
{
	const struct sdp_local *local = &session->local;
	struct strbuf body = STRBUF_INIT;

	strbuf_addf(&body, "s=-\r\nc=IN %s %s\r\nt=0 0\r\n", family_name(local), local->address);
	strbuf_add(&body, media_lines->data, media_lines->length);
	if (strcmp(body.data, session->last.data) != 0) {
		if (session->last.length)
			session->version++;
		strbuf_reset(&session->last);
		strbuf_add(&session->last, body.data, body.length);
	}
	strbuf_addf(out, "v=0\r\no=- %llu %llu IN %s %s\r\n", (unsigned long long)session->id,
		(unsigned long long)session->version, family_name(local), local->address);
	strbuf_add(out, body.data, body.length);
	strbuf_release(&body);
}

void sdp_offer(struct sdp_session *session, enum sdp_direction direction, struct strbuf *out)
{
	const struct sdp_local *local = &session->local;
	uint8_t codecs[SDP_MAX_CODECS], payload_types[SDP_MAX_CODECS];
	struct strbuf audio = STRBUF_INIT, lines = STRBUF_INIT;
	const char *refused = session->answer_lines.data, *ours = strstr(refused, SDP_OURS);

	for (size_t i = 0; i < local->codec_count; i++) {
		codecs[i] = (uint8_t)i;
		payload_types[i] = local->codecs[i].payload_type;
	}
	sdp_write_audio(&audio, local, codecs, local->codec_count, payload_types,
		local->dtmf_payload_type, local->ptime_ms, direction & ~session->withheld);
	if (ours) {
		strbuf_add(&lines, refused, (size_t)(ours - refused));
		strbuf_add(&lines, audio.data, audio.length);
		strbuf_adds(&lines, ours + strlen(SDP_OURS));
	} else {
		strbuf_add(&lines, audio.data, audio.length);
	}
	sdp_write_session(session, &lines, out);
	strbuf_release(&audio);
	strbuf_release(&lines);
}
