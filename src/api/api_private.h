/* api_private.h - what the files of this folder share. */
#ifndef API_API_PRIVATE_H
#define API_API_PRIVATE_H

#include "api/api.h"
#include "http/server.h"

struct api {
	struct server *server;
	struct http_server *http;
	uint64_t started; /* us, monotonic */
};

/* The one place that says who may: false when it has answered. */
bool api_authorize(void *arg, struct http_exchange *exchange, const struct http_route *route);

/* Handlers; arg is the struct api. files.c */
void api_get_file(void *arg, struct http_exchange *exchange, const char *id);
/* status.c */
void api_get_healthz(void *arg, struct http_exchange *exchange, const char *id);
void api_get_readyz(void *arg, struct http_exchange *exchange, const char *id);
void api_get_status(void *arg, struct http_exchange *exchange, const char *id);

#endif
