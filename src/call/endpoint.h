/* endpoint.h - what a script calls, put into the terms of SIP. Pure, core thread. */
#ifndef CALL_ENDPOINT_H
#define CALL_ENDPOINT_H

#include "ncco/host.h"

/* As events name it: the number's digits, the user part, the URL of a WebSocket. malloc'd. */
char *endpoint_user(const struct ncco_endpoint *endpoint);

/* Custom headers as X-NAME, standard ones and the Identity as they are; what is no header is left
 * out with a line in the log of the call. New object. */
struct json_object *endpoint_sip_headers(const struct ncco_endpoint *endpoint, const char *call);

/* From: a SIP URI as it is, else the number or user at our own host. malloc'd. */
char *endpoint_from_uri(const char *host, const char *from);

/* A number at the host of a SIP URI. malloc'd. */
char *endpoint_number_uri(const char *proxy, const char *number);

#endif
