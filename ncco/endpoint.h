/* endpoint.h - who can be called: the entries of an option `endpoint`. Private to ncco/. */
#ifndef NCCO_ENDPOINT_H
#define NCCO_ENDPOINT_H

#include "ncco/verb.h"

extern const struct entry_kind endpoint_kinds[];

/* Borrowed from the entry. */
void endpoint_fill(const struct entry *entry, struct ncco_endpoint *ret_endpoint);
/* What the caller hears while onAnswer's script runs; NULL: nothing special. */
const char *endpoint_ringback(const struct entry *entry);

#endif
