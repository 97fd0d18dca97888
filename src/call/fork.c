#include "call/fork.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "media/ear.h"

#define TRIES	  3
#define FIRST_US  (500 * USEC_PER_MSEC) /* each wait is twice the one before */
#define STABLE_US (10 * USEC_PER_SEC)

struct fork {
	const struct leg_env *env;
	struct app_socket_spec spec;
	char *uri, *authorization, *authorization_value, *call_id;
	void (*on_failed)(void *arg, const char *reason);
	void (*on_open)(void *arg); /* NULL: nobody waits for that */
	void *arg;
	struct media_ear *ear;
	struct media_leg *stream; /* NULL: nothing comes back */
	struct app_socket *socket;
	unsigned tries;
	uint64_t opened_at; /* 0: it is not open */
	struct timer retry;
};

static const struct app_socket_handler socket_handler;

/* --- sound --- */

static void on_ear(void *arg, const int16_t *heard, const int16_t *sent, size_t samples)
{
	struct fork *fork = arg;

	if (fork->socket)
		app_socket_sound(fork->socket, heard, sent, samples);
}

static void on_mark(void *arg, uint32_t mark, bool cleared)
{
	struct fork *fork = arg;

	if (fork->socket)
		app_socket_marked(fork->socket, mark, cleared);
}

static const struct media_stream_handler stream_handler = {.on_mark = on_mark};

/* --- the socket --- */

static bool connect_socket(struct fork *fork, char **ret_error)
{
	fork->opened_at = 0;
	fork->socket = app_socket_open(
		fork->env->websockets, &fork->spec, &socket_handler, fork, ret_error);
	return fork->socket != NULL;
}

static void give_up(struct fork *fork, const char *reason)
{
	fork->ear = media_ear_free(fork->ear);
	fork->stream = media_leg_free(fork->stream);
	fork->on_failed(fork->arg, reason);
}

static void on_retry(void *arg)
{
	struct fork *fork = arg;
	char *error = NULL;

	log_info(fork->call_id, "fork: trying again (%u of %d)", fork->tries, TRIES);
	if (!connect_socket(fork, &error))
		give_up(fork, error);
	free(error);
}

static void on_open(void *arg)
{
	struct fork *fork = arg;
	void (*told)(void *arg);

	fork->opened_at = clock_mono();
	log_info(fork->call_id, "fork: the application listens");
	told = fork->on_open;
	fork->on_open = NULL;
	if (told)
		told(fork->arg);
}

/* Trying again would not help. */
static bool is_final(const struct websocket_end *end)
{
	return end->outcome == HTTP_FORBIDDEN || end->outcome == HTTP_BAD_URL ||
	       end->outcome == HTTP_TLS || (end->status >= 400 && end->status < 500);
}

static void retry(struct fork *fork, const struct websocket_end *end)
{
	char *reason = NULL;

	if (end->outcome == HTTP_ANSWERED)
		reason = xasprintf("the WebSocket is lost: code %u%s%s", end->code,
			*end->detail ? ", " : "", end->detail);
	else if (end->status)
		reason = xasprintf("%s (status %d)", end->detail, end->status);
	else
		reason = xasprintf("no WebSocket: %s%s%s", http_outcome_text(end->outcome),
			*end->detail ? ", " : "", end->detail);
	log_warn(fork->call_id, "fork: %s", reason);
	if (fork->tries < TRIES && !is_final(end))
		timer_start(&fork->retry, FIRST_US << fork->tries++);
	else
		give_up(fork, reason);
	free(reason);
}

static void on_end(void *arg, const struct websocket_end *end)
{
	struct fork *fork = arg;
	bool wanted = end->outcome != HTTP_ANSWERED || end->code != 1000;

	if (fork->opened_at && clock_mono() - fork->opened_at >= STABLE_US)
		fork->tries = 0;
	if (wanted) {
		struct app_socket *lost = fork->socket;

		fork->socket = NULL;
		/* An application that is lost can take nothing back. */
		if (fork->stream)
			media_stream_clear(fork->stream);
		retry(fork, end);
		app_socket_free(lost);
		return;
	}
	log_info(fork->call_id, "fork: closed by the application");
	fork->ear = media_ear_free(fork->ear);
	fork->socket = app_socket_free(fork->socket);
}

static const struct app_socket_handler socket_handler = {on_open, on_end};

/* --- making and freeing --- */

static void copy_spec(struct fork *fork, const struct app_socket_spec *spec)
{
	fork->spec = *spec;
	fork->spec.loop = fork->env->loop;
	fork->spec.uri = fork->uri = xstrdup(spec->uri);
	fork->spec.authorization = fork->authorization = xstrdup(spec->authorization);
	fork->spec.authorization_value = fork->authorization_value =
		xstrdup(spec->authorization_value);
	fork->spec.call_id = fork->call_id = xstrdup(spec->call_id);
	fork->spec.headers = json_object_get(spec->headers);
	if (spec->twilio)
		fork->spec.rate = 8000;
}

struct fork *fork_new(const struct leg_env *env, struct media_leg *leg,
	const struct fork_spec *spec, void (*on_failed)(void *arg, const char *reason), void *arg,
	char **ret_error)
{
	struct fork *fork = xcalloc(1, sizeof(*fork));

	fork->env = env;
	fork->on_failed = on_failed;
	fork->arg = arg;
	copy_spec(fork, &spec->socket);
	timer_init(&fork->retry, env->loop, on_retry, fork);
	if (spec->bidirectional) {
		fork->stream = media_stream_new(env->media, fork->spec.rate, &stream_handler, fork);
		media_stream_run(fork->stream);
		fork->spec.stream = fork->stream;
	}
	if (!connect_socket(fork, ret_error))
		return fork_free(fork);
	fork->ear = media_ear_new(env->loop, leg, fork->spec.rate, on_ear, fork);
	return fork;
}

struct fork *fork_free(struct fork *fork)
{
	if (!fork)
		return NULL;
	timer_stop(&fork->retry);
	app_socket_free(fork->socket);
	media_ear_free(fork->ear);
	media_leg_free(fork->stream);
	json_object_put(fork->spec.headers);
	free(fork->uri);
	free(fork->authorization);
	free(fork->authorization_value);
	free(fork->call_id);
	free(fork);
	return NULL;
}

void fork_join(struct fork *fork, struct media_room *room)
{
	if (!fork->stream)
		return;
	media_room_join(room, fork->stream);
	/* It has an ear of its own. */
	media_leg_deafen(fork->stream, true);
}

void fork_watch(struct fork *fork, void (*told)(void *arg))
{
	fork->on_open = told;
}

bool fork_is_bidirectional(const struct fork *fork)
{
	return fork->stream != NULL;
}

void fork_digit(struct fork *fork, char digit, unsigned duration_ms)
{
	if (fork->socket)
		app_socket_digit(fork->socket, digit, duration_ms);
}
