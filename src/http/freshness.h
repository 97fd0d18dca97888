/* freshness.h - how long an answer may be used, by its headers (RFC 9111). Any thread, pure. */
#ifndef HTTP_FRESHNESS_H
#define HTTP_FRESHNESS_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>

struct freshness {
	bool store;	   /* false: no-store */
	uint64_t fresh_us; /* usable without asking, from the time of the request on */
	uint64_t stale_us; /* usable after that when the server cannot be asked (RFC 5861) */
};

/* headers: lower-case name -> value. wall: microseconds since 1970, for Expires without Date.
 * A private cache: s-maxage and `private` mean nothing to it. Without any word on freshness
 * an answer is fresh for 60 s; while the server is down it is used for 24 h more, unless
 * stale-if-error says otherwise or must-revalidate or no-cache forbid it. */
struct freshness freshness_of(struct json_object *headers, uint64_t wall);

#endif
