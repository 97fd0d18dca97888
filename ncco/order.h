/* order.h - a call that somebody orders: the body of a request to make one (Voice API, POST
 * /v1/calls), read by a table as the options of a step are. Pure. */
#ifndef NCCO_ORDER_H
#define NCCO_ORDER_H

#include "ncco/host.h"

struct ncco_order {
	struct ncco_endpoint to;
	const char *from;		/* number, SIP URI or user; NULL: not said */
	bool random_from;		/* one of the application's numbers */
	struct ncco_document *document; /* the script; NULL: answer_url gives it */
	const char *answer_url;		/* absolute */
	const char *answer_method;	/* NULL: as for the answer webhook */
	const char *event_url;		/* absolute; NULL: the application's */
	const char *event_method;
	bool amd_wanted;
	struct ncco_amd amd;
	unsigned ringing_s, length_s; /* at most; length_s from the answer on */
	const char *trunk;	      /* name; NULL: any */
	const char *client_state;     /* told in every event; NULL: none */
	const char *application;      /* id; NULL: not said */
};

/* 0 and an order that the caller frees, or -EINVAL and at least one fault. */
int ncco_order_read(struct json_object *body, const struct ncco_limits *limits,
	struct ncco_order **ret_order, struct ncco_faults *ret_faults);
struct ncco_order *ncco_order_free(struct ncco_order *order); /* NULL allowed; returns NULL */

/* The script of an order has another owner now. */
struct ncco_document *ncco_order_take_document(struct ncco_order *order);

/* A sound, by the options of the step `action`, "stream" or "talk" (stream_url is streamUrl, too):
 * 0 and the sound, whose texts are the document's, which the caller frees; or -EINVAL and faults.
 */
int ncco_order_read_sound(struct json_object *body, const char *action,
	struct ncco_document **ret_document, struct ncco_sound *ret_sound,
	struct ncco_faults *ret_faults);

/* A recording, and what ends it beside an order and silence. */
struct ncco_recording {
	struct ncco_record record;
	struct ncco_transcription transcription; /* the record's, if it has one */
	unsigned timeout_s;			 /* 0: no time */
	char end_key;				 /* '\0': no key */
};

/* The same with the options of the steps "record" and "fork". The recording must not be moved. */
int ncco_order_read_recording(struct json_object *body, struct ncco_document **ret_document,
	struct ncco_recording *ret_recording, struct ncco_faults *ret_faults);
int ncco_order_read_fork(struct json_object *body, struct ncco_document **ret_document,
	struct ncco_fork *ret_fork, struct ncco_faults *ret_faults);

#endif
