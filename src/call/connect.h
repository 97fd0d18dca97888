/* connect.h - one attempt to reach somebody: parties ring at once, and the first that has answered
 * and whose own script is through is put into the caller's conversation. Core thread only.
 *
 * The parties are calls of their own, children of the caller; those that are not needed any more
 * are cancelled. A caller that was not answered yet is answered by the one who wins. */
#ifndef CALL_CONNECT_H
#define CALL_CONNECT_H

#include "ncco/host.h"

struct call;
struct call_outcome;
struct connect;

/* One of the last two is called, once, and never inside connect_start(); the connect is over then.
 */
struct connect_handler {
	void (*on_ringing)(void *arg); /* somebody rings; may be NULL, and called several times */
	void (*on_early)(void *arg);   /* the callee's own ringback or announcement is heard */
	void (*on_connected)(void *arg, struct call *callee);
	void (*on_failed)(void *arg, const struct call_outcome *outcome); /* the weightiest */
};

/* Endpoints past NCCO_MAX_ENDPOINTS are not called. */
struct connect *connect_start(struct call *caller, const struct ncco_connect *spec,
	const struct connect_handler *handler, void *arg);
/* What rings is cancelled, nothing is told. NULL allowed; returns NULL. */
struct connect *connect_cancel(struct connect *connect);
struct call *connect_caller(const struct connect *connect);

/* What becomes of the parties, told by them. */
void connect_ringing(struct connect *connect);
void connect_early(struct connect *connect, struct call *callee);
void connect_ready(struct connect *connect, struct call *callee);
void connect_lost(struct connect *connect, struct call *callee, const struct call_outcome *outcome);

#endif
