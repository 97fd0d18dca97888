/* api.h - what nccod answers over HTTP: the REST API, the console, health checks, metrics. Core
 * thread only.
 *
 * To add a route: a handler in the file of its subject, a line in api_private.h, a row in
 * api_routes[] (routes.c) that says who may use it, what it takes and what it answers. */
#ifndef API_API_H
#define API_API_H

#include "call/server.h"
#include "loop/loop.h"

struct api;

/* Listens on http_addr and https_addr of the server's configuration. NULL and a malloc'd *ret_error
 * when it cannot. The server outlives it, but for handlers that still work: they end with the
 * server's workers. */
struct api *api_new(struct loop *loop, struct server *server, char **ret_error);
struct api *api_free(struct api *api); /* NULL allowed; returns NULL */

/* The server has a new configuration: keys, origins and certificates are taken from it. */
void api_reload(struct api *api);

#endif
