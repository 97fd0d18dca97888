/* Requests that are answered once they have happened. */
#include <stdlib.h>

#include "api/api_private.h"
#include "base/mem.h"

void api_reply_done(struct http_exchange *exchange, const char *message, const char *uuid)
{
	struct json_object *body = json_object_new_object();

	json_add_text(body, "message", message);
	json_add_text(body, "uuid", uuid);
	http_reply_json(exchange, 200, body);
}

struct api_pending {
	struct http_exchange *exchange;
	const char *message;
	const char *member; /* of the body, that is to blame; NULL: none */
	char *uuid;
};

struct api_pending *api_pending_new(
	struct http_exchange *exchange, const char *message, const char *member, const char *uuid)
{
	struct api_pending *p = xcalloc(1, sizeof(*p));

	*p = (struct api_pending){exchange, message, member, xstrdup(uuid)};
	return p;
}

void api_pending_free(struct api_pending *p)
{
	free(p->uuid);
	free(p);
}

void api_pending_done(void *arg, const char *error)
{
	struct api_pending *p = arg;
	struct json_object *faults = NULL;

	if (!error) {
		api_reply_done(p->exchange, p->message, p->uuid);
	} else if (p->member) {
		api_add_fault(&faults, p->member, error);
		http_reply_invalid(p->exchange, 400, error, faults);
	} else {
		http_reply_problem(p->exchange, 409, error);
	}
	api_pending_free(p);
}
