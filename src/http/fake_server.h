/* fake_server.h - a web server for tests: a thread on 127.0.0.1 that answers from a script. */
#ifndef HTTP_FAKE_SERVER_H
#define HTTP_FAKE_SERVER_H

#include <stddef.h>

struct fake_server;

/* What to do with a connection once the request's head was read. */
enum fake_action {
	FAKE_ANSWER, /* send `answer`, keep the connection when it says so by itself */
	FAKE_CLOSE,  /* send `answer`, close */
	FAKE_RESET,  /* send `answer`, close with a TCP reset */
	FAKE_HANG,   /* send `answer`, then nothing until the server ends */
	FAKE_DRIP    /* send `answer`, then a byte every 20 ms */
};

/* Server thread: decides by the request's head (and body so far). answer is malloc'd, of any
 * bytes without NUL. */
typedef enum fake_action (*fake_fn)(void *arg, const char *request, char **ret_answer);

struct fake_server *fake_server_new(fake_fn fn, void *arg);
struct fake_server *fake_server_free(struct fake_server *server); /* joins; returns NULL */
unsigned short fake_server_port(const struct fake_server *server);
unsigned fake_server_connections(struct fake_server *server); /* accepted so far */

#endif
