/* trunk.h - the ways to the telephone network: [[proxy.trunks]].
 *
 * Each call out takes a trunk and gives it back when it is over. A trunk allows the numbers that
 * begin with one of its prefixes, all when it has none. Of those that allow a number the longest
 * prefix wins, then the order of the file; one that is full, or has begun as many calls in this
 * second as it may, is passed over. Trunks with `register` are registered as long as they are
 * configured. Core thread only. */
#ifndef CALL_TRUNK_H
#define CALL_TRUNK_H

#include "call/config.h"
#include "sip/agent.h"
#include "sip/leg.h"

struct trunks;
struct trunk;

/* Copies what it needs of the configuration. */
struct trunks *trunks_new(struct sip_agent *agent, const struct config *config);
/* Trunks of the same name go on, those that are gone take no more calls. */
void trunks_reload(struct trunks *trunks, const struct config *config);
struct trunks *trunks_free(struct trunks *trunks); /* before the agent; NULL allowed */

/* Takes a trunk for a call to a number (digits, + before them or not), the one of that name or
 * with NULL any. 0; or with a constant *ret_reason: -EINVAL it is no telephone number, -ENOENT no
 * such trunk, -EACCES none allows the number, -EBUSY all that do are full. */
int trunk_take(struct trunks *trunks, const char *number, const char *name,
	struct trunk **ret_trunk, const char **ret_reason);
void trunk_give_back(struct trunk *trunk); /* NULL allowed */

const char *trunk_name(const struct trunk *trunk);
/* The URI of a number at the trunk, for To; also of the caller's number, for From. malloc'd. */
char *trunk_uri(const struct trunk *trunk, const char *number);
/* Login and proxy, into the members of dial; they are the trunk's: dial at once. */
void trunk_fill(const struct trunk *trunk, struct sip_dial *dial);

/* The trunk that calls from this address belong to, or NULL. */
const struct trunk *trunk_of_source(const struct trunks *trunks, const char *ip);

#endif
