/* fork.h - a copy of what a leg hears and says, sent to a web application's WebSocket while the
 * call goes on; and, if it may, what the application says back, heard by all in the call's room.
 *
 * A socket that is lost, or cannot be had at first, is tried again three times, after 0.5, 1 and 2
 * s; one that stood for ten seconds has all tries again. An application that closes with code 1000
 * wants no more. Core thread only; no callback inside a call made here, nor after fork_free(). */
#ifndef CALL_FORK_H
#define CALL_FORK_H

#include "call/app_socket.h"
#include "call/leg.h"
#include "media/room.h"

struct fork;

struct fork_spec {
	struct app_socket_spec socket; /* without `stream`; all is copied */
	bool bidirectional;
};

/* on_failed: there is no socket and none will be tried; reason is for people. NULL with a malloc'd
 * *ret_error when it cannot be tried. */
struct fork *fork_new(const struct leg_env *env, struct media_leg *leg,
	const struct fork_spec *spec, void (*on_failed)(void *arg, const char *reason), void *arg,
	char **ret_error);
struct fork *fork_free(struct fork *fork); /* NULL allowed; returns NULL */

/* on_open is called once, with the arg of on_failed, when the application listens. */
void fork_watch(struct fork *fork, void (*on_open)(void *arg));
/* Where what comes back is heard; again whenever the call is in another room. */
void fork_join(struct fork *fork, struct media_room *room);
bool fork_is_bidirectional(const struct fork *fork);
void fork_digit(struct fork *fork, char digit, unsigned duration_ms); /* the leg's party pressed */

#endif
