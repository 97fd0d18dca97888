#include "sip/sdp_parse.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

static int refuse(const char **ret_error, const char *text)
{
	*ret_error = text;
	return -ENOTSUP;
}

static bool codec_matches(const struct sdp_codec *codec, const struct sdp_rtpmap *map)
{
	unsigned channels = strcmp(codec->name, "opus") == 0 ? 2 : 1; /* RFC 7587 section 7 */

	return map->name.length && map->rate == codec->rate && map->channels == channels &&
	       sdp_span_is(map->name, codec->name);
}

/* First of their formats that we can do. */
static bool choose_codec(const struct sdp_local *local, const struct sdp_stream *stream,
	size_t *ret_codec, uint8_t *ret_payload_type)
{
	for (size_t f = 0; f < stream->format_count; f++) {
		uint8_t payload_type = stream->formats[f];

		for (size_t c = 0; c < local->codec_count; c++) {
			if (codec_matches(&local->codecs[c], &stream->map[payload_type])) {
				*ret_codec = c;
				*ret_payload_type = payload_type;
				return true;
			}
		}
	}
	return false;
}

static uint8_t find_dtmf(const struct sdp_stream *stream)
{
	for (size_t f = 0; f < stream->format_count; f++) {
		const struct sdp_rtpmap *map = &stream->map[stream->formats[f]];

		if (map->rate == 8000 && sdp_span_is(map->name, "telephone-event"))
			return stream->formats[f];
	}
	return 0;
}

static uint8_t choose_ptime(const struct sdp_local *local, const struct sdp_stream *stream)
{
	static const uint8_t means[] = {60, 40, 30, 20, 10};
	unsigned wish = stream->ptime ? stream->ptime : local->ptime_ms;

	if (stream->maxptime && stream->maxptime < wish)
		wish = stream->maxptime;
	for (size_t i = 0; i < sizeof(means); i++) {
		if (means[i] <= wish)
			return means[i];
	}
	return means[sizeof(means) - 1];
}

static bool is_any_address(const struct sockaddr_storage *address)
{
	if (address->ss_family == AF_INET6)
		return IN6_IS_ADDR_UNSPECIFIED(&((const struct sockaddr_in6 *)address)->sin6_addr);
	return ((const struct sockaddr_in *)address)->sin_addr.s_addr == INADDR_ANY;
}

static enum sdp_direction mirror(enum sdp_direction theirs)
{
	switch (theirs) {
	case SDP_SENDONLY:
		return SDP_RECVONLY;
	case SDP_RECVONLY:
		return SDP_SENDONLY;
	default:
		return theirs;
	}
}

/* Fills what offers and answers have in common. */
static int take_stream(const struct sdp_local *local, const struct sdp_stream *stream,
	struct sdp_result *result, const char **ret_error)
{
	bool nowhere = is_any_address(&stream->rtp);

	memset(result, 0, sizeof(*result));
	if (stream->rtp.ss_family != local->family)
		return refuse(ret_error, "the audio is of another address family");
	if (!choose_codec(local, stream, &result->codec, &result->payload_type_tx))
		return refuse(ret_error, "no codec in common");
	result->payload_type_rx = result->payload_type_tx;
	if (local->dtmf_payload_type)
		result->dtmf_payload_type_tx = find_dtmf(stream);
	result->dtmf_payload_type_rx = result->dtmf_payload_type_tx;
	result->ptime_ms = choose_ptime(local, stream);
	result->direction = mirror(stream->direction);
	if (nowhere) /* hold of RFC 2543: they do not want to hear us */
		result->direction &= SDP_RECVONLY;
	result->held = nowhere || !(stream->direction & SDP_RECVONLY);
	result->rtp = stream->rtp;
	result->rtcp = stream->rtcp;
	return 0;
}

/* Finds the first m-line that we can take. */
static int find_audio(const struct sdp_session *session, const struct sdp_description *offer,
	size_t *ret_index, struct sdp_result *ret_result, const char **ret_error)
{
	struct sdp_stream stream;
	int error = refuse(ret_error, "no RTP/AVP audio with a port");

	for (size_t i = 0; i < offer->media_count; i++) {
		if (!sdp_media_usable(&offer->media[i]))
			continue;
		error = sdp_parse_stream(offer, i, &stream, ret_error);
		if (error == -EBADMSG)
			return error;
		error = take_stream(&session->local, &stream, ret_result, ret_error);
		if (!error) {
			*ret_index = i;
			return 0;
		}
	}
	return error;
}

static size_t count_lines(const struct strbuf *lines)
{
	size_t count = 0;

	for (size_t i = 0; i < lines->length; i++)
		count += lines->data[i] == '\n';
	return count;
}

static void add_refused(struct strbuf *out, const struct sdp_media *media)
{
	strbuf_adds(out, "m=");
	strbuf_add(out, media->media.data, media->media.length);
	strbuf_adds(out, " 0 ");
	strbuf_add(out, media->proto.data, media->proto.length);
	strbuf_addc(out, ' ');
	strbuf_add(out, media->formats.data, media->formats.length);
	strbuf_adds(out, "\r\n");
}

static void write_answer(struct sdp_session *session, const struct sdp_description *offer,
	size_t ours, const struct sdp_result *result, struct strbuf *out)
{
	struct strbuf lines = STRBUF_INIT;
	uint8_t codec = (uint8_t)result->codec;

	strbuf_reset(&session->answer_lines);
	for (size_t i = 0; i < offer->media_count; i++) {
		if (i == ours) {
			sdp_write_audio(&lines, &session->local, &codec, 1,
				&result->payload_type_rx, result->dtmf_payload_type_rx,
				result->ptime_ms, result->direction);
			strbuf_adds(&session->answer_lines, SDP_OURS);
		} else {
			add_refused(&lines, &offer->media[i]);
			add_refused(&session->answer_lines, &offer->media[i]);
		}
	}
	sdp_write_session(session, &lines, out);
	strbuf_release(&lines);
}

int sdp_accept(struct sdp_session *session, const char *offer, size_t length,
	struct strbuf *out_answer, struct sdp_result *ret_result, const char **ret_error)
{
	struct sdp_description description;
	struct sdp_result result;
	size_t ours = 0;
	int error;

	error = sdp_parse_description(offer, length, &description, ret_error);
	if (error)
		return error;
	if (description.media_count < count_lines(&session->answer_lines)) {
		*ret_error = "an m-line of the session went missing";
		return -EBADMSG;
	}
	error = find_audio(session, &description, &ours, &result, ret_error);
	if (error)
		return error;
	result.direction &= ~session->withheld;
	write_answer(session, &description, ours, &result, out_answer);
	*ret_result = result;
	return 0;
}

/* Which m-line of our last offer was the audio. */
static size_t our_index(const struct sdp_session *session)
{
	const char *lines = session->answer_lines.data, *ours = strstr(lines, SDP_OURS);
	size_t index = 0;

	for (; ours && lines < ours; lines++)
		index += *lines == '\n';
	return index;
}

int sdp_complete(struct sdp_session *session, const char *answer, size_t length,
	struct sdp_result *ret_result, const char **ret_error)
{
	const struct sdp_local *local = &session->local;
	struct sdp_description description;
	struct sdp_stream stream;
	struct sdp_result result;
	size_t ours = our_index(session);
	int error;

	error = sdp_parse_description(answer, length, &description, ret_error);
	if (error)
		return error;
	if (ours >= description.media_count || !sdp_media_usable(&description.media[ours]))
		return refuse(ret_error, "the answer has no RTP/AVP audio where ours was");
	error = sdp_parse_stream(&description, ours, &stream, ret_error);
	if (!error)
		error = take_stream(local, &stream, &result, ret_error);
	if (error)
		return error;
	/* What they send carries the numbers of our offer (RFC 3264 section 5.1). */
	result.payload_type_rx = local->codecs[result.codec].payload_type;
	if (result.dtmf_payload_type_tx)
		result.dtmf_payload_type_rx = local->dtmf_payload_type;
	if (session->answer_lines.length == 0)
		strbuf_adds(&session->answer_lines, SDP_OURS);
	result.direction &= ~session->withheld;
	if (session->withheld & SDP_SENDONLY) /* they do not listen, as there is nothing */
		result.held = false;
	*ret_result = result;
	return 0;
}
