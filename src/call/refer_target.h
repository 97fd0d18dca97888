/* refer_target.h - whom a party may have called by REFER. Pure, core thread.
 *
 * Nobody, but for what applications[].refer_targets names: a REFER costs the operator a call. A
 * target at our own host is a user or a number there, and compared with the patterns as called
 * numbers are; one elsewhere is compared with the patterns that are SIP URIs. */
#ifndef CALL_REFER_TARGET_H
#define CALL_REFER_TARGET_H

#include "call/config.h"
#include "ncco/host.h"

struct refer_target {
	enum ncco_endpoint_type type; /* NCCO_PHONE, NCCO_APP, NCCO_SIP */
	char *text;		      /* a number, a user, a URI; malloc'd */
};

/* Where we are: names, NULL-terminated, and ports; a URI without a port is at them all. */
struct refer_own {
	const char *const *hosts;
	uint16_t ports[2];
};

/* 0; or the SIP status to refuse with: 403 not allowed, 404
 * neither a number nor a user of ours, 400 no such URI. */
int refer_target_read(const struct config *config, const struct config_application *app,
	const struct refer_own *own, const char *uri, struct refer_target *ret_target);

#endif
