/* server_private.h - what the files of the HTTP server share.
 *
 *   server.c             listens, accepts, counts, makes room
 *   server_connection.c  one connection: bytes in, requests out of them, answers onto the wire
 *   exchange.c           one request and its answer */
#ifndef HTTP_SERVER_PRIVATE_H
#define HTTP_SERVER_PRIVATE_H

#include <sys/queue.h>

#include "base/strbuf.h"
#include "http/chunked.h"
#include "http/head.h"
#include "http/server.h"
#include "http/tls.h"

enum http_stage {
	STAGE_HANDSHAKE, /* of TLS */
	STAGE_HEAD,
	STAGE_BODY,
	STAGE_HANDLED, /* a handler works */
	STAGE_ANSWERING,
	STAGE_CLOSING /* all is said; what still comes is thrown away, lest a reset overtakes it */
};

struct http_source;

struct http_connection {
	TAILQ_ENTRY(http_connection) link; /* all of them */
	TAILQ_ENTRY(http_connection) turn; /* those that wait for their clients, longest first */
	bool waits;
	struct http_server *server;
	struct http_source *source;
	char peer[HTTP_HOST_SIZE];
	int fd;
	struct tls *tls; /* NULL: plain */
	enum http_stage stage;
	struct event readable, writable;
	bool reads, writes; /* which of them are added */
	bool blocked;	    /* the socket is full */
	bool peer_done, last, broken, running;
	struct timer timer; /* may fire before `due`, then goes on */
	uint64_t due, armed;

	struct strbuf in; /* from in_at on */
	size_t in_at, scanned;
	struct http_exchange *exchange; /* from its head to its answer */
	struct chunked chunked;

	struct strbuf out; /* from out_at on, then the file */
	size_t out_at, progress;
	int file; /* -1: none */
	uint64_t file_at, file_left;
};
TAILQ_HEAD(http_connections, http_connection);

struct http_listener {
	struct http_server *server;
	struct event event;
	struct timer pause; /* when descriptors ran out */
	int fd;		    /* -1: none */
	bool tls, loopback;
};

struct http_server {
	struct http_server_config config;
	struct loop *loop;
	struct http_listener plain, secure;
	struct tls_context *tls;
	struct http_connections all, waiting;
	struct http_source *sources;
	struct http_server_counts counts;
	int reserve; /* a descriptor to accept with when there is no other */
	char date[40];
	uint64_t date_of; /* s */
};

struct http_exchange {
	struct http_connection *connection; /* both NULL: the client has gone */
	struct http_server *server;
	const struct http_route *route;
	struct http_match match;
	char *text;		    /* what the head points into */
	struct strbuf body, fields; /* fields: of the answer */
	bool complete;		    /* the body was read */
	char peer[HTTP_HOST_SIZE];
	bool tls;
	uint64_t began; /* us, monotonic */
	void *context;
	void (*release)(void *context);
	struct http_head head; /* last, as it is large and only partly filled */
};

/* server.c */
void http_server_forget(struct http_connection *connection); /* it ends */
void http_server_waits(struct http_connection *connection, bool waits);
const char *http_server_date(struct http_server *server);

/* server_connection.c; fd is taken. */
struct http_connection *http_connection_new(
	struct http_server *server, struct http_source *source, int fd, bool tls);
void http_connection_run(struct http_connection *connection); /* may free it */
void http_connection_free(struct http_connection *connection);
/* The client waits for something to come to an end: is told so if it helps, then is cut off. */
void http_connection_evict(struct http_connection *connection);
/* An answer is in `out`, with a file to follow if fd is not -1; the exchange has ended. */
void http_connection_answer(
	struct http_connection *connection, bool keep, int fd, uint64_t first, uint64_t length);

/* exchange.c */
struct http_exchange *http_exchange_new(struct http_connection *connection, char *text);
/* Looks for its route and asks who may. False: it has been answered. */
bool http_exchange_admit(struct http_exchange *exchange);
void http_exchange_handle(struct http_exchange *exchange);
void http_exchange_free(struct http_exchange *exchange);
/* Writes a complete answer of its own, for what never became an exchange. */
void http_answer_problem(
	struct http_server *server, struct strbuf *out, int status, const char *detail);

#endif
