/* api.h - what nccod answers over HTTP: the routes of the REST API, of the console, of health
 * checks. Core thread only.
 *
 * To add a route: a handler in the file of its subject, a line in api_private.h, a row in
 * routes[] (api.c). */
#ifndef API_API_H
#define API_API_H

#include <stdint.h>

#include "call/server.h"
#include "loop/loop.h"

struct api;

/* Listens on http_addr of the server's configuration. NULL and a malloc'd *ret_error when it
 * cannot. The server outlives it, but for handlers that still work: they end with the server's
 * workers. */
struct api *api_new(struct loop *loop, struct server *server, char **ret_error);
struct api *api_free(struct api *api); /* NULL allowed; returns NULL */

#endif
