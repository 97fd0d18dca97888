/* How fast each caller may make calls. Who they are comes from the configuration, so there are not
 * many of them; what was counted outlives a reload. */
#include <stdlib.h>
#include <uthash.h>

#include "api/api_private.h"
#include "base/clock.h"
#include "base/mem.h"

struct api_limit {
	UT_hash_handle hh;
	char *owner;
	struct rate calls;
};

bool api_limit_call(struct api *api, const char *owner)
{
	struct api_limit *limit;

	HASH_FIND_STR(api->limits, owner, limit);
	if (!limit) {
		limit = xcalloc(1, sizeof(*limit));
		limit->owner = xstrdup(owner);
		HASH_ADD_KEYPTR(hh, api->limits, limit->owner, strlen(limit->owner), limit);
	}
	rate_set(&limit->calls, server_config(api->server)->limits.max_calls_per_second);
	return rate_take(&limit->calls, clock_mono());
}

void api_limits_free(struct api *api)
{
	struct api_limit *limit, *next;

	HASH_ITER (hh, api->limits, limit, next) {
		HASH_DEL(api->limits, limit);
		rate_release(&limit->calls);
		free(limit->owner);
		free(limit);
	}
}
