/* location.h - where a user is reached: from a name to SIP URIs. Core thread only.
 *
 * The one member today is [[proxy.contacts]] of the configuration. */
#ifndef CALL_LOCATION_H
#define CALL_LOCATION_H

#include "call/config.h"

/* The SIP URI of a user or extension, borrowed from the configuration; NULL: nowhere. */
const char *location_find(const struct config *config, const char *user);

#endif
