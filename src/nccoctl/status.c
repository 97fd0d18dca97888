/* nccoctl status */
#include <inttypes.h>
#include <stdio.h>

#include "nccoctl/remote.h"
#include "nccoctl/table.h"

static void print(struct json_object *status)
{
	struct json_object *calls = json_member(status, "calls");
	char uptime[TABLE_TEXT_SIZE];

	printf("nccod %s is %s and up for %s\n", json_text(status, "version", "?"),
		json_text(status, "status", "?"),
		table_duration((double)json_int(status, "uptime", 0), uptime));
	printf("calls: %" PRId64 " now, %" PRId64 " since the start, of which %" PRId64
	       " were not answered\n",
		json_int(calls, "active", 0), json_int(calls, "total", 0),
		json_int(calls, "failed", 0));
}

int run_status(const struct ctl *ctl, int argc, char **argv)
{
	struct json_object *status;

	if (argc > 1)
		return usage_error("status takes no argument", argv[1]);
	if (remote_ask(ctl, "GET", "/console/status", NULL, &status) != 0)
		return 1;
	if (ctl->json)
		puts(json_print(status));
	else
		print(status);
	json_object_put(status);
	return 0;
}
