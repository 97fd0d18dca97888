#include "call/app_socket.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "call/app_socket_private.h"
#include "call/config.h"
#include "http/field.h"
#include "http/jwt.h"
#include "http/websocket_handshake.h"

#define MARKS_MAX      1000 /* that an application may let wait */
#define MARK_BYTES_MAX ((size_t)1 << 20)
#define TEXT_MAX       ((size_t)256 << 10) /* read as JSON */
#define FRAME_MS       MEDIA_STREAM_FRAME_MS
#define HAS_TIME_US    (100 * USEC_PER_MSEC)
/* A message may hold all that may wait, at the highest rate. */
#define MESSAGE_MAX ((size_t)4 << 20)

/* --- what the handshake carries --- */

/* 0 and malloc'd *ret_text (NULL: none), or -EINVAL with a constant *ret_error. */
static int authorization_text(
	const struct app_socket_spec *spec, char **ret_text, const char **ret_error)
{
	const struct config_application *app = spec->application;

	if (!spec->authorization) {
		*ret_text = NULL;
	} else if (strcmp(spec->authorization, "vonage") == 0) {
		if (!app || !app->signature_secret) {
			*ret_error = "authorization needs the application's signature_secret";
			return -EINVAL;
		}
		*ret_text = jwt_bearer(app->signature_secret, app->id, NULL, 0);
	} else {
		if (!spec->authorization_value || !field_is_value(spec->authorization_value)) {
			*ret_error = "authorization has no value that a header may have";
			return -EINVAL;
		}
		*ret_text = xstrdup(spec->authorization_value);
	}
	return 0;
}

static const char *text_of(struct json_object *value)
{
	return json_object_is_type(value, json_type_string) ? json_object_get_string(value)
							    : json_print(value);
}

/* The headers for HTTP. One whose name HTTP does not allow is in the first message alone. */
static struct json_object *handshake_headers(
	const struct app_socket_spec *spec, const char *authorization, const char **ret_error)
{
	struct json_object *out = json_object_new_object();

	if (spec->headers) {
		json_object_object_foreach (spec->headers, name, value) {
			if (!field_is_value(text_of(value)) || !field_is_value(name)) {
				*ret_error = "control character in a header";
				json_object_put(out);
				return NULL;
			}
			if (field_is_token(name) && !handshake_is_reserved(name) &&
				!(authorization && strcasecmp(name, "Authorization") == 0))
				json_add_text(out, name, text_of(value));
		}
	}
	if (authorization)
		json_add_text(out, "Authorization", authorization);
	return out;
}

/* --- the way out --- */

static void send_text(struct app_socket *socket, const char *text, bool droppable)
{
	websocket_send(socket->websocket, WEBSOCKET_TEXT, text, strlen(text), droppable);
}

void app_socket_send_json(struct app_socket *socket, struct json_object *message)
{
	send_text(socket, json_print(message), false);
	json_object_put(message);
}

void app_socket_sound(
	struct app_socket *socket, const int16_t *inbound, const int16_t *outbound, size_t samples)
{
	if (socket->open)
		socket->dialect->sound(socket, inbound, outbound, samples);
}

void app_socket_digit(struct app_socket *socket, char digit, unsigned duration_ms)
{
	if (socket->open)
		socket->dialect->digit(socket, digit, duration_ms);
}

/* --- the way in --- */

static void write_now(struct app_socket *socket, const int16_t *pcm, size_t samples)
{
	size_t frame = socket->rate / 1000 * FRAME_MS;

	if (!socket->stream || media_stream_write(socket->stream, pcm, samples) == 0)
		return;
	/* As much as there is room for. */
	while (samples > 0) {
		size_t some = samples < frame ? samples : frame;

		if (media_stream_write(socket->stream, pcm, some) < 0)
			break;
		pcm += some;
		samples -= some;
	}
	if (samples && socket->lost == 0)
		log_warn(socket->call_id,
			"the application sends faster than its sound is played: some is dropped");
	socket->lost += samples;
}

static void write_held(struct app_socket *socket)
{
	timer_stop(&socket->hold);
	if (socket->held.length)
		write_now(socket, (const int16_t *)(const void *)socket->held.data,
			socket->held.length / sizeof(int16_t));
	strbuf_reset(&socket->held);
}

static void on_hold_over(void *arg)
{
	write_held(arg);
}

/* Each write costs the stream some memory until it is heard. What will not be heard for a while
 * can wait to become a frame, however small the messages are. */
void app_socket_write(struct app_socket *socket, const int16_t *pcm, size_t samples)
{
	uint64_t now = clock_mono();
	bool has_time = socket->heard_until > now + HAS_TIME_US;

	if (socket->heard_until < now)
		socket->heard_until = now;
	socket->heard_until += samples * USEC_PER_SEC / socket->rate;
	if (!has_time && socket->held.length == 0) {
		write_now(socket, pcm, samples);
		return;
	}
	strbuf_add(&socket->held, pcm, samples * sizeof(*pcm));
	if (!has_time || socket->held.length >= socket->rate / 1000 * FRAME_MS * sizeof(*pcm))
		write_held(socket);
	else if (!timer_running(&socket->hold))
		timer_start(&socket->hold, FRAME_MS * USEC_PER_MSEC);
}

static void mark_free(struct app_socket *socket, struct app_mark *mark)
{
	TAILQ_REMOVE(&socket->marks, mark, link);
	socket->mark_count--;
	socket->mark_bytes -= mark->bytes;
	json_object_put(mark->tag);
	free(mark);
}

static void add_mark(struct app_socket *socket, struct json_object *tag, bool clear)
{
	size_t bytes = strlen(json_print(tag));
	struct app_mark *mark;

	if (!socket->stream || socket->mark_count >= MARKS_MAX ||
		socket->mark_bytes + bytes > MARK_BYTES_MAX) {
		if (socket->stream)
			log_warn(socket->call_id, "too many marks wait: one is dropped");
		json_object_put(tag);
		return;
	}
	write_held(socket);
	mark = xcalloc(1, sizeof(*mark));
	mark->number = media_stream_mark(socket->stream);
	mark->clear = clear;
	mark->bytes = bytes;
	mark->tag = tag;
	TAILQ_INSERT_TAIL(&socket->marks, mark, link);
	socket->mark_count++;
	socket->mark_bytes += bytes;
}

void app_socket_mark(struct app_socket *socket, struct json_object *tag)
{
	add_mark(socket, tag, false);
}

void app_socket_clear(struct app_socket *socket)
{
	socket->has_odd = false;
	strbuf_reset(&socket->held);
	socket->heard_until = 0;
	if (!socket->stream)
		return;
	media_stream_clear(socket->stream);
	/* Comes back when the stream has obeyed. */
	add_mark(socket, NULL, true);
}

void app_socket_marked(struct app_socket *socket, uint32_t number, bool cleared)
{
	struct app_mark *mark = TAILQ_FIRST(&socket->marks);

	/* Numbers of a socket before this one are lower. */
	if (!mark || mark->number != number)
		return;
	if (!mark->clear)
		socket->dialect->marked(socket, mark->tag, cleared);
	else if (socket->dialect->cleared)
		socket->dialect->cleared(socket);
	mark_free(socket, mark);
}

/* --- the WebSocket's events --- */

static void on_open(void *arg)
{
	struct app_socket *socket = arg;

	socket->open = true;
	socket->dialect->greet(socket);
	socket->handler->on_open(socket->arg);
}

static void on_message(void *arg, enum websocket_type type, const char *data, size_t length)
{
	struct app_socket *socket = arg;
	struct json_object *message = NULL;
	const char *error = "no object, or too long";

	if (type == WEBSOCKET_BINARY) {
		if (socket->dialect->binary)
			socket->dialect->binary(socket, data, length);
		return;
	}
	if (length <= TEXT_MAX && json_parse(data, length, &message, &error, NULL) == 0 &&
		json_object_is_type(message, json_type_object))
		socket->dialect->text(socket, message);
	else
		log_debug(socket->call_id, "a message of the application is ignored: %s", error);
	json_object_put(message);
}

static void on_end(void *arg, const struct websocket_end *end)
{
	struct app_socket *socket = arg;

	socket->open = false;
	socket->handler->on_end(socket->arg, end);
}

static const struct websocket_handler websocket_handler = {on_open, on_message, on_end};

/* --- making and freeing --- */

static struct app_socket *socket_new(
	const struct app_socket_spec *spec, const struct app_socket_handler *handler, void *arg)
{
	struct app_socket *socket = xcalloc(1, sizeof(*socket));

	socket->dialect = spec->twilio ? &app_twilio : &app_vonage;
	socket->handler = handler;
	socket->arg = arg;
	socket->call_id = xstrdup(spec->call_id);
	socket->application_id = xstrdup(spec->application ? spec->application->id : "");
	socket->rate = spec->rate;
	socket->tracks = spec->tracks;
	socket->headers = json_object_get(spec->headers);
	socket->stream = spec->stream;
	socket->out = socket->held = (struct strbuf)STRBUF_INIT;
	timer_init(&socket->hold, spec->loop, on_hold_over, socket);
	TAILQ_INIT(&socket->marks);
	return socket;
}

struct app_socket *app_socket_open(struct websocket_client *client,
	const struct app_socket_spec *spec, const struct app_socket_handler *handler, void *arg,
	char **ret_error)
{
	struct websocket_request request = {.url = spec->uri, .max_message_bytes = MESSAGE_MAX};
	struct app_socket *socket;
	const char *error = NULL;
	char *authorization = NULL;

	if (authorization_text(spec, &authorization, &error) == 0)
		request.headers = handshake_headers(spec, authorization, &error);
	free(authorization);
	if (!request.headers) {
		*ret_error = xstrdup(error);
		return NULL;
	}
	socket = socket_new(spec, handler, arg);
	socket->websocket = websocket_open(client, &request, &websocket_handler, socket);
	json_object_put(request.headers);
	return socket;
}

struct app_socket *app_socket_free(struct app_socket *socket)
{
	unsigned dropped;

	if (!socket)
		return NULL;
	if (socket->open && socket->dialect->part)
		socket->dialect->part(socket);
	dropped = websocket_dropped(socket->websocket);
	if (dropped || socket->lost)
		log_warn(socket->call_id,
			"WebSocket: %u frames were not read in time, %llu samples had no room",
			dropped, (unsigned long long)socket->lost);
	websocket_free(socket->websocket);
	while (!TAILQ_EMPTY(&socket->marks))
		mark_free(socket, TAILQ_FIRST(&socket->marks));
	timer_stop(&socket->hold);
	strbuf_release(&socket->held);
	strbuf_release(&socket->out);
	json_object_put(socket->headers);
	free(socket->call_id);
	free(socket->application_id);
	free(socket);
	return NULL;
}
