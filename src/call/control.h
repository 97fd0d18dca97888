/* control.h - calls as the API has them: found, made, changed while they go on. Core thread only.
 *
 * What is changed with a callback is answered once it has happened, or cannot happen any more; the
 * callback is called once, never inside the function it was given to. */
#ifndef CALL_CONTROL_H
#define CALL_CONTROL_H

#include <stdbool.h>

#include "ncco/order.h"

struct call;
struct config_application;
struct server;
struct store_call;

/* A live call, or NULL. */
struct call *call_find(struct server *server, const char *uuid);
const char *call_application(const struct call *call); /* id; NULL: none */
/* As the store has it; texts are borrowed from the call. */
void call_row(const struct call *call, struct store_call *ret_row);

/* Makes a call: from is a number, SIP URI or user. Copies what it needs of the order, but takes its
 * document. What fails is told like what fails later, by its events. */
struct call *call_place(struct server *server, const struct config_application *app,
	struct ncco_order *order, const char *from);

#endif
