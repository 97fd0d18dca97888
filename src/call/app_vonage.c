/* The WebSocket dialect of the Voice API: sound in binary messages, 16 bits little-endian, whatever
 * their size; words in JSON. With both tracks the samples of two channels alternate, the call's
 * party first. */
#include <string.h>

#include "base/log.h"
#include "call/app_socket_private.h"

static void greet(struct app_socket *socket)
{
	struct json_object *message = json_object_new_object();
	bool both = socket->tracks == (APP_INBOUND | APP_OUTBOUND);
	char type[64];

	snprintf(
		type, sizeof(type), "audio/l16;rate=%u%s", socket->rate, both ? ";channels=2" : "");
	json_add_text(message, "event", "websocket:connected");
	json_add_text(message, "content-type", type);
	if (socket->headers) {
		json_object_object_foreach (socket->headers, name, value) {
			if (!json_member(message, name))
				json_object_object_add(message, name, json_object_get(value));
		}
	}
	app_socket_send_json(socket, message);
}

static void put_sample(char *out, int16_t sample)
{
	out[0] = (char)(sample & 0xff);
	out[1] = (char)((uint16_t)sample >> 8);
}

static void sound(
	struct app_socket *socket, const int16_t *inbound, const int16_t *outbound, size_t samples)
{
	const int16_t *first = socket->tracks & APP_INBOUND ? inbound : outbound;
	const int16_t *second = socket->tracks == (APP_INBOUND | APP_OUTBOUND) ? outbound : NULL;
	char frame[4 * 48 * MEDIA_STREAM_FRAME_MS], *out = frame;

	if (4 * samples > sizeof(frame))
		return;
	for (size_t i = 0; i < samples; i++, out += 2) {
		put_sample(out, first[i]);
		if (second)
			put_sample(out += 2, second[i]);
	}
	websocket_send(socket->websocket, WEBSOCKET_BINARY, frame, (size_t)(out - frame), true);
}

static void digit(struct app_socket *socket, char key, unsigned duration_ms)
{
	struct json_object *message = json_object_new_object();

	json_add_text(message, "event", "websocket:dtmf");
	json_add_text(message, "digit", (const char[]){key, '\0'});
	json_add_int(message, "duration", duration_ms);
	app_socket_send_json(socket, message);
}

static void text(struct app_socket *socket, struct json_object *message)
{
	const char *action = json_text(message, "action", "");

	if (strcmp(action, "clear") == 0)
		app_socket_clear(socket);
	else if (strcmp(action, "notify") == 0)
		app_socket_mark(socket, json_object_get(json_member(message, "payload")));
	else
		log_debug(socket->call_id, "the application wants what is unknown: %s", action);
}

/* Messages may end in the middle of a sample, as a stream of bytes cut anywhere does. */
static void binary(struct app_socket *socket, const char *data, size_t length)
{
	const unsigned char *in = (const unsigned char *)data, *end = in + length;
	int16_t *pcm;
	size_t samples = 0;

	if (!socket->stream || length == 0)
		return;
	strbuf_reset(&socket->out);
	strbuf_add(&socket->out, data, length); /* as much memory, aligned */
	pcm = (int16_t *)(void *)socket->out.data;
	if (socket->has_odd) {
		int16_t whole = (int16_t)(socket->odd | *in++ << 8);

		app_socket_write(socket, &whole, 1);
	}
	for (; end - in >= 2; in += 2)
		pcm[samples++] = (int16_t)(in[0] | in[1] << 8);
	socket->has_odd = in < end;
	if (socket->has_odd)
		socket->odd = *in;
	app_socket_write(socket, pcm, samples);
}

static void marked(struct app_socket *socket, struct json_object *payload, bool cleared)
{
	struct json_object *message = json_object_new_object();

	json_add_text(message, "event", "websocket:notify");
	json_object_object_add(message, "payload", json_object_get(payload));
	if (cleared)
		json_add_bool(message, "cleared", true);
	app_socket_send_json(socket, message);
}

static void cleared(struct app_socket *socket)
{
	struct json_object *message = json_object_new_object();

	json_add_text(message, "event", "websocket:cleared");
	app_socket_send_json(socket, message);
}

const struct app_dialect app_vonage = {
	.greet = greet,
	.sound = sound,
	.digit = digit,
	.text = text,
	.binary = binary,
	.marked = marked,
	.cleared = cleared,
};
