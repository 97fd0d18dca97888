#include "sip/sdp_parse.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <strings.h>

/* RFC 3551 section 6: the static types of audio that are still met. */
static const struct {
	uint8_t payload_type;
	const char *name;
	uint32_t rate;
} static_types[] = {
	{0, "PCMU", 8000},
	{3, "GSM", 8000},
	{4, "G723", 8000},
	{8, "PCMA", 8000},
	{9, "G722", 8000}, /* the clock is 8000 by RFC 3551 section 4.5.2 */
	{15, "G728", 8000},
	{18, "G729", 8000},
};

bool sdp_span_is(struct sdp_span span, const char *text)
{
	return span.length == strlen(text) && strncasecmp(span.data, text, span.length) == 0;
}

static bool starts_with(struct sdp_span span, const char *text)
{
	size_t length = strlen(text);

	return span.length >= length && memcmp(span.data, text, length) == 0;
}

static struct sdp_span skip(struct sdp_span span, size_t count)
{
	return (struct sdp_span){span.data + count, span.length - count};
}

/* Cuts the next line off *rest, without its end. False at the end of the text. */
static bool next_line(struct sdp_span *rest, struct sdp_span *ret_line)
{
	const char *end;
	size_t used;

	if (rest->length == 0)
		return false;
	end = memchr(rest->data, '\n', rest->length);
	used = end ? (size_t)(end - rest->data) + 1 : rest->length;
	*ret_line = (struct sdp_span){rest->data, end ? used - 1 : used};
	*rest = skip(*rest, used);
	if (ret_line->length && ret_line->data[ret_line->length - 1] == '\r')
		ret_line->length--;
	return true;
}

/* Cuts the next word off *rest at one of `stops`; empty at the end. */
static struct sdp_span next_word(struct sdp_span *rest, const char *stops)
{
	struct sdp_span word;
	size_t i = 0;

	while (rest->length && rest->data[0] == ' ')
		*rest = skip(*rest, 1);
	while (i < rest->length && !memchr(stops, rest->data[i], strlen(stops)))
		i++;
	word = (struct sdp_span){rest->data, i};
	*rest = skip(*rest, i < rest->length ? i + 1 : i);
	return word;
}

static bool to_number(struct sdp_span span, uint32_t max, uint32_t *ret_value)
{
	uint64_t value = 0;

	if (span.length == 0 || span.length > 10)
		return false;
	for (size_t i = 0; i < span.length; i++) {
		if (span.data[i] < '0' || span.data[i] > '9')
			return false;
		value = value * 10 + (uint64_t)(span.data[i] - '0');
	}
	if (value > max)
		return false;
	*ret_value = (uint32_t)value;
	return true;
}

static bool printable(struct sdp_span span)
{
	for (size_t i = 0; i < span.length; i++) {
		if (span.data[i] < 0x20 || span.data[i] > 0x7e)
			return false;
	}
	return true;
}

static int fault(const char **ret_error, const char *text)
{
	*ret_error = text;
	return -EBADMSG;
}

/* "audio 49170/2 RTP/AVP 0 8" (RFC 8866 section 5.14) */
static int parse_media_line(struct sdp_span line, struct sdp_media *media, const char **ret_error)
{
	struct sdp_span ports, count;
	uint32_t port;

	if (!printable(line))
		return fault(ret_error, "m-line with control characters");
	media->media = next_word(&line, " ");
	count = next_word(&line, " ");
	ports = next_word(&count, "/");
	media->proto = next_word(&line, " ");
	media->formats = line;
	if (!to_number(ports, 65535, &port))
		return fault(ret_error, "m-line with a bad port");
	if (!media->media.length || !media->proto.length || !media->formats.length)
		return fault(ret_error, "m-line is incomplete");
	media->port = (uint16_t)port;
	return 0;
}

/* Closes the span of lines that ends where `end` begins. */
static void close_span(struct sdp_description *description, const char *end)
{
	struct sdp_span *open =
		description->media_count
			? &description->media[description->media_count - 1].attributes
			: &description->session;

	open->length = (size_t)(end - open->data);
}

static int add_media(struct sdp_description *description, struct sdp_span line, const char *after,
	const char **ret_error)
{
	struct sdp_media *media = &description->media[description->media_count];
	int error;

	close_span(description, line.data);
	if (description->media_count == SDP_MAX_MEDIA)
		return fault(ret_error, "more than 64 m-lines");
	error = parse_media_line(skip(line, 2), media, ret_error);
	if (error)
		return error;
	media->attributes = (struct sdp_span){after, 0};
	description->media_count++;
	return 0;
}

int sdp_parse_description(const char *text, size_t length, struct sdp_description *ret_description,
	const char **ret_error)
{
	struct sdp_span rest = {text, length}, line;
	size_t lines = 0;
	int error;

	ret_description->media_count = 0;
	ret_description->session = (struct sdp_span){text, 0};
	if (length > SDP_MAX_BYTES)
		return fault(ret_error, "description longer than 64 KiB");
	while (next_line(&rest, &line)) {
		if (++lines > SDP_MAX_LINES)
			return fault(ret_error, "more than 2048 lines");
		if (line.length == 0 && lines > 1)
			continue;
		if (lines == 1 && !sdp_span_is(line, "v=0"))
			return fault(ret_error, "the first line is not v=0");
		if (line.length < 2 || line.data[1] != '=' || line.data[0] < 'a' ||
			line.data[0] > 'z')
			return fault(ret_error, "a line is not of the form x=value");
		if (line.data[0] != 'm')
			continue;
		error = add_media(ret_description, line, rest.data, ret_error);
		if (error)
			return error;
	}
	if (lines == 0)
		return fault(ret_error, "empty description");
	close_span(ret_description, text + length);
	return 0;
}

bool sdp_media_usable(const struct sdp_media *media)
{
	return media->port != 0 && sdp_span_is(media->media, "audio") &&
	       sdp_span_is(media->proto, "RTP/AVP");
}

static void put_port(struct sockaddr_storage *address, uint16_t port)
{
	if (address->ss_family == AF_INET6)
		((struct sockaddr_in6 *)address)->sin6_port = htons(port);
	else
		((struct sockaddr_in *)address)->sin_port = htons(port);
}

/* "IN IP4 192.0.2.1" or with a TTL behind a slash; numeric addresses only. */
static bool parse_connection(struct sdp_span line, struct sockaddr_storage *ret_address)
{
	struct sdp_span net = next_word(&line, " "), type = next_word(&line, " ");
	struct sdp_span host = next_word(&line, " /");
	struct sockaddr_storage address = {0};
	char text[INET6_ADDRSTRLEN];
	void *bits;

	if (!sdp_span_is(net, "IN") || host.length == 0 || host.length >= sizeof(text))
		return false;
	memcpy(text, host.data, host.length);
	text[host.length] = '\0';
	if (strlen(text) != host.length)
		return false;
	if (sdp_span_is(type, "IP4")) {
		address.ss_family = AF_INET;
		bits = &((struct sockaddr_in *)&address)->sin_addr;
	} else if (sdp_span_is(type, "IP6")) {
		address.ss_family = AF_INET6;
		bits = &((struct sockaddr_in6 *)&address)->sin6_addr;
	} else {
		return false;
	}
	if (inet_pton(address.ss_family, text, bits) != 1)
		return false;
	*ret_address = address;
	return true;
}

static int parse_formats(struct sdp_span text, struct sdp_stream *stream, const char **ret_error)
{
	struct sdp_span word;
	uint32_t value;

	for (;;) {
		word = next_word(&text, " ");
		if (word.length == 0)
			break;
		if (!to_number(word, 127, &value))
			return fault(ret_error, "a payload type is not a number below 128");
		if (stream->format_count == SDP_MAX_FORMATS)
			return fault(ret_error, "more than 128 formats in an m-line");
		stream->formats[stream->format_count++] = (uint8_t)value;
	}
	return stream->format_count ? 0 : fault(ret_error, "m-line without formats");
}

/* "97 opus/48000/2"; a line that makes no sense leaves its type without a mapping. */
static void parse_rtpmap(struct sdp_span value, struct sdp_stream *stream)
{
	struct sdp_span type = next_word(&value, " "), name = next_word(&value, "/");
	struct sdp_span rate = next_word(&value, "/ "), channels = next_word(&value, "/ ");
	uint32_t payload_type, hertz, count = 1;

	if (!to_number(type, 127, &payload_type) || !to_number(rate, 1000000, &hertz))
		return;
	if (channels.length && !to_number(channels, 255, &count))
		return;
	stream->map[payload_type] = (struct sdp_rtpmap){name, hertz, count};
}

/* "53020" or "53020 IN IP4 192.0.2.1" (RFC 3605) */
static void parse_rtcp(struct sdp_span value, int *ret_port, struct sockaddr_storage *ret_address)
{
	struct sdp_span port = next_word(&value, " ");
	uint32_t number;

	if (!to_number(port, 65535, &number) || number == 0)
		return;
	*ret_port = (int)number;
	if (value.length)
		parse_connection(value, ret_address);
}

static bool parse_direction(struct sdp_span value, enum sdp_direction *ret_direction)
{
	static const struct {
		const char *name;
		enum sdp_direction direction;
	} names[] = {
		{"sendrecv", SDP_SENDRECV},
		{"sendonly", SDP_SENDONLY},
		{"recvonly", SDP_RECVONLY},
		{"inactive", SDP_INACTIVE},
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (sdp_span_is(value, names[i].name)) {
			*ret_direction = names[i].direction;
			return true;
		}
	}
	return false;
}

static void parse_time(struct sdp_span value, unsigned *ret_ms)
{
	uint32_t number;

	if (to_number(next_word(&value, " ."), 1000, &number))
		*ret_ms = number;
}

struct rtcp_wish {
	int port;
	struct sockaddr_storage address;
};

static void parse_attribute(
	struct sdp_span value, struct sdp_stream *stream, struct rtcp_wish *rtcp)
{
	if (parse_direction(value, &stream->direction))
		return;
	if (starts_with(value, "rtpmap:"))
		parse_rtpmap(skip(value, 7), stream);
	else if (starts_with(value, "ptime:"))
		parse_time(skip(value, 6), &stream->ptime);
	else if (starts_with(value, "maxptime:"))
		parse_time(skip(value, 9), &stream->maxptime);
	else if (starts_with(value, "rtcp:"))
		parse_rtcp(skip(value, 5), &rtcp->port, &rtcp->address);
}

static int parse_lines(struct sdp_span rest, struct sdp_stream *stream, struct rtcp_wish *rtcp,
	const char **ret_error)
{
	struct sdp_span line;

	while (next_line(&rest, &line)) {
		if (line.length < 2)
			continue;
		if (line.data[0] == 'a') {
			parse_attribute(skip(line, 2), stream, rtcp);
		} else if (line.data[0] == 'c') {
			if (!parse_connection(skip(line, 2), &stream->rtp))
				return fault(ret_error, "c= without a numeric address");
			stream->has_address = true;
		}
	}
	return 0;
}

static void fill_static_types(struct sdp_stream *stream)
{
	for (size_t i = 0; i < sizeof(static_types) / sizeof(static_types[0]); i++) {
		const char *name = static_types[i].name;

		stream->map[static_types[i].payload_type] =
			(struct sdp_rtpmap){{name, strlen(name)}, static_types[i].rate, 1};
	}
}

int sdp_parse_stream(const struct sdp_description *description, size_t index,
	struct sdp_stream *ret_stream, const char **ret_error)
{
	const struct sdp_media *media = &description->media[index];
	struct rtcp_wish rtcp = {.port = SDP_NO_RTCP};
	int error;

	memset(ret_stream, 0, sizeof(*ret_stream));
	ret_stream->direction = SDP_SENDRECV;
	fill_static_types(ret_stream);
	error = parse_formats(media->formats, ret_stream, ret_error);
	if (!error)
		error = parse_lines(description->session, ret_stream, &rtcp, ret_error);
	if (!error)
		error = parse_lines(media->attributes, ret_stream, &rtcp, ret_error);
	if (error)
		return error;
	if (!ret_stream->has_address)
		return fault(ret_error, "no c= line for the audio");
	ret_stream->rtcp = rtcp.address.ss_family ? rtcp.address : ret_stream->rtp;
	put_port(&ret_stream->rtp, media->port);
	if (rtcp.port == SDP_NO_RTCP)
		rtcp.port = media->port == 65535 ? 65535 : media->port + 1;
	put_port(&ret_stream->rtcp, (uint16_t)rtcp.port);
	return 0;
}
