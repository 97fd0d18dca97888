/* The dialect of Twilio's Media Streams: all in JSON, sound in base64 as mu-law of 8 kHz. */
#include <stdio.h>
#include <string.h>

#include "base/base64.h"
#include "base/id.h"
#include "call/app_socket_private.h"
#include "media/g711.h"

#define FRAME_MS    20
#define FRAME_MAX   (8 * FRAME_MS)
#define PAYLOAD_MAX ((size_t)1 << 20) /* bytes of a message's sound */

static const struct {
	unsigned bit;
	const char *name;
} tracks[] = {{APP_INBOUND, "inbound"}, {APP_OUTBOUND, "outbound"}};

/* A message with what all but the first have. */
static struct json_object *new_message(struct app_socket *socket, const char *event)
{
	struct json_object *message = json_object_new_object();
	char number[24];

	snprintf(number, sizeof(number), "%llu", (unsigned long long)++socket->sequence);
	json_add_text(message, "event", event);
	json_add_text(message, "sequenceNumber", number);
	json_add_text(message, "streamSid", socket->stream_sid);
	return message;
}

static struct json_object *format(void)
{
	struct json_object *out = json_object_new_object();

	json_add_text(out, "encoding", "audio/x-mulaw");
	json_add_int(out, "sampleRate", 8000);
	json_add_int(out, "channels", 1);
	return out;
}

static struct json_object *start(struct app_socket *socket)
{
	struct json_object *out = json_object_new_object(), *names = json_object_new_array();

	for (size_t i = 0; i < 2; i++) {
		if (socket->tracks & tracks[i].bit)
			json_object_array_add(names, json_object_new_string(tracks[i].name));
	}
	json_add_text(out, "accountSid", socket->application_id);
	json_add_text(out, "streamSid", socket->stream_sid);
	json_add_text(out, "callSid", socket->call_id);
	json_object_object_add(out, "tracks", names);
	json_object_object_add(out, "customParameters",
		socket->headers ? json_object_get(socket->headers) : json_object_new_object());
	json_object_object_add(out, "mediaFormat", format());
	return out;
}

static void greet(struct app_socket *socket)
{
	struct json_object *message = json_object_new_object();
	unsigned char random[16];

	id_random(random, sizeof(random));
	snprintf(socket->stream_sid, sizeof(socket->stream_sid), "MZ");
	for (size_t i = 0; i < sizeof(random); i++)
		snprintf(socket->stream_sid + 2 + 2 * i, 3, "%02x", random[i]);
	json_add_text(message, "event", "connected");
	json_add_text(message, "protocol", "Call");
	json_add_text(message, "version", "1.0.0");
	app_socket_send_json(socket, message);
	message = new_message(socket, "start");
	json_object_object_add(message, "start", start(socket));
	app_socket_send_json(socket, message);
}

/* Fifty times a second and track: without json-c. */
static void send_track(struct app_socket *socket, size_t track, const int16_t *pcm, size_t samples)
{
	uint8_t coded[FRAME_MAX];

	for (size_t i = 0; i < samples; i++)
		coded[i] = ulaw_encode(pcm[i]);
	strbuf_reset(&socket->out);
	strbuf_addf(&socket->out,
		"{\"event\":\"media\",\"sequenceNumber\":\"%llu\",\"media\":{\"track\":\"%s\","
		"\"chunk\":\"%llu\",\"timestamp\":\"%llu\",\"payload\":\"",
		(unsigned long long)++socket->sequence, tracks[track].name,
		(unsigned long long)++socket->chunks[track],
		(unsigned long long)(socket->frames * FRAME_MS));
	base64_encode(coded, samples, &socket->out);
	strbuf_addf(&socket->out, "\"},\"streamSid\":\"%s\"}", socket->stream_sid);
	websocket_send(
		socket->websocket, WEBSOCKET_TEXT, socket->out.data, socket->out.length, true);
}

static void sound(
	struct app_socket *socket, const int16_t *inbound, const int16_t *outbound, size_t samples)
{
	if (samples > FRAME_MAX)
		return;
	if (socket->tracks & APP_INBOUND)
		send_track(socket, 0, inbound, samples);
	if (socket->tracks & APP_OUTBOUND)
		send_track(socket, 1, outbound, samples);
	socket->frames++;
}

static void digit(struct app_socket *socket, char key, unsigned duration_ms)
{
	struct json_object *message = new_message(socket, "dtmf");
	struct json_object *dtmf = json_object_new_object();

	(void)duration_ms;
	json_add_text(dtmf, "track", "inbound_track");
	json_add_text(dtmf, "digit", (const char[]){key, '\0'});
	json_object_object_add(message, "dtmf", dtmf);
	app_socket_send_json(socket, message);
}

static void take_media(struct app_socket *socket, struct json_object *media)
{
	const char *payload = json_text(media, "payload", "");
	size_t length = strlen(payload);
	int16_t pcm[FRAME_MAX];

	strbuf_reset(&socket->out);
	if (!socket->stream || length > PAYLOAD_MAX ||
		!base64_decode(payload, length, &socket->out))
		return;
	for (size_t at = 0; at < socket->out.length;) {
		size_t n =
			socket->out.length - at < FRAME_MAX ? socket->out.length - at : FRAME_MAX;

		for (size_t i = 0; i < n; i++)
			pcm[i] = ulaw_decode((uint8_t)socket->out.data[at + i]);
		app_socket_write(socket, pcm, n);
		at += n;
	}
}

static void text(struct app_socket *socket, struct json_object *message)
{
	const char *event = json_text(message, "event", "");

	if (strcmp(event, "media") == 0)
		take_media(socket, json_member(message, "media"));
	else if (strcmp(event, "mark") == 0)
		app_socket_mark(socket, json_object_get(json_member(message, "mark")));
	else if (strcmp(event, "clear") == 0)
		app_socket_clear(socket);
}

static void marked(struct app_socket *socket, struct json_object *mark, bool cleared)
{
	struct json_object *message = new_message(socket, "mark");

	(void)cleared;
	json_object_object_add(message, "mark", json_object_get(mark));
	app_socket_send_json(socket, message);
}

static void part(struct app_socket *socket)
{
	struct json_object *message = new_message(socket, "stop");
	struct json_object *stop = json_object_new_object();

	json_add_text(stop, "accountSid", socket->application_id);
	json_add_text(stop, "callSid", socket->call_id);
	json_object_object_add(message, "stop", stop);
	app_socket_send_json(socket, message);
}

const struct app_dialect app_twilio = {
	.greet = greet,
	.sound = sound,
	.digit = digit,
	.text = text,
	.marked = marked,
	.part = part,
};
