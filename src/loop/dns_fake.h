/* dns_fake.h - for tests: a name server on a UDP port of 127.0.0.1, served by the test's loop. It
 * knows the records that it was given and nothing else. */
#ifndef LOOP_DNS_FAKE_H
#define LOOP_DNS_FAKE_H

#include <stdbool.h>

#include "loop/loop.h"

struct dns_fake;

struct dns_fake *dns_fake_new(struct loop *loop);
struct dns_fake *dns_fake_free(struct dns_fake *dns);	     /* returns NULL */
void dns_fake_move(struct dns_fake *dns, struct loop *loop); /* served by that loop from now on */
const char *dns_fake_address(const struct dns_fake *dns);    /* "127.0.0.1:PORT" */

/* Answers come in the order of these calls. */
void dns_fake_a(struct dns_fake *dns, const char *name, const char *address);
void dns_fake_srv(struct dns_fake *dns, const char *name, unsigned priority, unsigned weight,
	unsigned port, const char *target);

/* The names that were asked for, with a space behind each: "_sip._udp.example.com a.example ". */
const char *dns_fake_asked(const struct dns_fake *dns);

#endif
