/* control.h - calls as the API has them: found, made, changed while they go on. Core thread only.
 *
 * A change that has a callback tells by it, once, that it has happened, or why it has not; perhaps
 * before the function returns. */
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

/* Neither over nor about to be; and answered, so that it can be spoken to. */
bool call_is_live(const struct call *call);
bool call_is_answered(const struct call *call);

/* error NULL: it has happened. Borrowed. */
typedef void call_done_fn(void *arg, const char *error);

/* Of a live call: hangs up, or refuses or gives up what is not answered. */
void call_end(struct call *call, call_done_fn *done, void *arg);
void call_mute(struct call *call, bool on);    /* nobody hears it */
void call_earmuff(struct call *call, bool on); /* it hears nobody */

/* The rest is for calls that are answered. */
void call_put_on_hold(struct call *call, bool on);
/* Goes into a conversation of its own and runs that script; takes it. Those whom it had called stay
 * behind. */
void call_steer(struct call *call, struct ncco_document *document);
/* The same with what an absolute URL gives. */
void call_steer_to(
	struct call *call, const char *url, const char *method, call_done_fn *done, void *arg);
/* Plays it to the call's party alone, at once, in place of the one before; takes the document,
 * which has the sound's texts. Done once it can be heard. */
void call_announce(struct call *call, struct ncco_document *document,
	const struct ncco_sound *sound, call_done_fn *done, void *arg);
void call_hush(struct call *call); /* stops that */
/* 0; -EINVAL: these are no digits, and there is no callback. Done once they are sent. */
int call_press(struct call *call, const char *digits, call_done_fn *done, void *arg);
/* Done once the file is there. What it needs of the recording is copied. */
void call_record(
	struct call *call, const struct ncco_recording *wanted, call_done_fn *done, void *arg);
/* All recordings of the call, its script's too: whether there are any that go on, and what becomes
 * of them. Done once all are whole. */
bool call_is_recorded(const struct call *call);
void call_pause_records(struct call *call, bool on);
void call_end_records(struct call *call, call_done_fn *done, void *arg);
/* In place of the one before, the script's too. Done once the application listens. */
void call_start_fork(
	struct call *call, const struct ncco_fork *wanted, call_done_fn *done, void *arg);
bool call_is_forked(const struct call *call);
void call_stop_fork(struct call *call);
/* Each digit of the party is told there; NULL: nowhere. */
void call_set_listener(struct call *call, const char *url, const char *method);

#endif
