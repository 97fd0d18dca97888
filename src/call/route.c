#include "call/route.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/log.h"
#include "base/mem.h"
#include "media/codec.h"
#include "sip/agent.h"

#define DEFAULT_REJECT_STATUS 403
#define MAX_REASON_BYTES      256
#define MAX_SECONDS	      (7 * 86400)

struct route_query {
	struct http_request_handle *request;
	struct ncco_limits limits;
	char *uuid;
	route_fn done;
	void *arg;
};

static const struct {
	const char *name;
	enum route_action action;
} action_table[] = {
	{"answer", ROUTE_ANSWER},
	{"application", ROUTE_APPLICATION},
	{"forward", ROUTE_FORWARD},
	{"reject", ROUTE_REJECT},
	{"abort", ROUTE_REJECT},
	{"spam", ROUTE_SPAM},
	{"not_handled", ROUTE_NOT_HANDLED},
};

const char *route_plain_number(const char *user)
{
	return user[0] == '+' && user[1] && user[1 + strspn(user + 1, "0123456789")] == '\0'
		       ? user + 1
		       : user;
}

/* --- the question --- */

/* RustPBX's map has one value for a name: the last. headers_all loses nothing. */
static struct json_object *last_values(struct json_object *all)
{
	struct json_object *out = json_object_new_object();

	json_object_object_foreach (all, name, values) {
		size_t n = json_object_array_length(values);
		if (n > 0)
			json_object_object_add(out, name,
				json_object_get(json_object_array_get_idx(values, n - 1)));
	}
	return out;
}

static struct json_object *question(
	struct sip_leg *leg, const char *uuid, const char *conversation_uuid)
{
	struct json_object *q = json_object_new_object(), *all = sip_leg_headers(leg);
	size_t length = 0;
	const char *sdp = sip_leg_sdp(leg, &length);

	json_add_text(q, "call_id", sip_leg_call_id(leg));
	json_add_text(q, "from", sip_leg_from(leg));
	json_add_text(q, "to", sip_leg_to(leg));
	json_add_text(q, "source_addr", sip_leg_source_addr(leg));
	json_add_text(q, "direction", "inbound");
	json_add_text(q, "method", "INVITE");
	json_add_text(q, "uri", sip_leg_request_uri(leg));
	json_object_object_add(q, "headers", last_values(all));
	json_object_object_add(q, "body", json_object_new_string_len(sdp ? sdp : "", (int)length));
	json_add_text(q, "uuid", uuid);
	json_add_text(q, "conversation_uuid", conversation_uuid);
	json_add_text(q, "caller", route_plain_number(sip_leg_from_user(leg)));
	json_add_text(q, "callee", route_plain_number(sip_leg_request_user(leg)));
	json_add_text(q, "source_ip", sip_leg_source_ip(leg));
	json_object_object_add(q, "headers_all", all);
	return q;
}

/* --- the answer --- */

static void failed(struct route_decision *decision, int status, const char *reason)
{
	*decision =
		(struct route_decision){.action = ROUTE_FAILED, .status = status, .reason = reason};
}

static void read_steps(struct json_object *answer, const char *url,
	const struct ncco_limits *limits, struct route_decision *decision)
{
	struct ncco_faults faults = {0};

	if (ncco_parse_json(answer, url, limits, &decision->document, &faults) == 0)
		return;
	for (size_t i = 0; i < faults.count; i++)
		log_warn(NULL, "router's script: %s: %s", faults.items[i].pointer,
			faults.items[i].message);
	ncco_faults_release(&faults);
	failed(decision, 500, "the router's script has faults");
}

static bool printable(const char *text)
{
	for (; *text; text++) {
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			return false;
	}
	return true;
}

static void read_reject(struct json_object *answer, struct route_decision *decision)
{
	int64_t status = json_int(answer, "status", DEFAULT_REJECT_STATUS);

	decision->status = status >= 400 && status <= 699 ? (int)status : DEFAULT_REJECT_STATUS;
	decision->reason = json_text(answer, "reason", NULL);
	if (decision->reason &&
		(strlen(decision->reason) > MAX_REASON_BYTES || !printable(decision->reason)))
		failed(decision, 500, "the router's reason has control characters or is too long");
}

/* Those that are no SIP URIs are passed over, as RustPBX does. */
static void read_targets(struct json_object *answer, struct route_forward *forward)
{
	struct json_object *list = json_member(answer, "targets");
	size_t count =
		json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;

	for (size_t i = 0; i < count; i++) {
		const char *uri = json_object_get_string(json_object_array_get_idx(list, i));
		char *error = NULL;

		if (forward->target_count == ROUTE_MAX_TARGETS)
			log_warn(NULL, "router: more than %u targets", ROUTE_MAX_TARGETS);
		else if (uri && sip_uri_check(uri, &error) == 0)
			forward->targets[forward->target_count++] = uri;
		else
			log_warn(NULL, "router: targets/%zu: %s", i, error ? error : "no text");
		free(error);
		if (forward->target_count == ROUTE_MAX_TARGETS)
			return;
	}
}

/* NULL, or what is wrong. */
static const char *check_headers(struct json_object *headers)
{
	json_object_object_foreach (headers, name, value) {
		const char *text = json_object_get_string(value);

		if (!*name || name[strcspn(name, " \t\r\n:\x7f")] || !printable(name))
			return "the name of a header of the router is none";
		if (!text || !printable(text))
			return "a header of the router has control characters";
	}
	return NULL;
}

static bool codec_is_ours(const char *name)
{
	for (size_t i = 0; codec_table[i]; i++) {
		if (strcasecmp(codec_table[i]->name, name) == 0)
			return true;
	}
	return false;
}

/* False: none of those that are allowed is ours. */
static bool read_codecs(struct json_object *answer, struct route_forward *forward)
{
	struct json_object *list = json_member(answer, "allow_codecs");
	size_t count =
		json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;

	for (size_t i = 0; i < count && i < ROUTE_MAX_CODECS; i++) {
		const char *name = json_object_get_string(json_object_array_get_idx(list, i));

		if (name && codec_is_ours(name))
			forward->codecs[forward->codec_count++] = name;
	}
	return count == 0 || forward->codec_count > 0;
}

static unsigned read_seconds(struct json_object *answer, const char *key)
{
	int64_t seconds = json_int(answer, key, 0);

	return seconds < 0 ? 0 : seconds > MAX_SECONDS ? MAX_SECONDS : (unsigned)seconds;
}

static void read_forward(struct json_object *answer, struct route_decision *decision)
{
	struct route_forward *forward = &decision->forward;
	const char *wrong;

	read_targets(answer, forward);
	forward->parallel = strcmp(json_text(answer, "strategy", ""), "parallel") == 0;
	forward->headers = json_member(answer, "headers");
	if (!json_object_is_type(forward->headers, json_type_object))
		forward->headers = NULL;
	forward->with_original_headers = json_flag(answer, "with_original_headers", false);
	forward->record = json_flag(answer, "record", false);
	forward->record_early = strcmp(json_text(answer, "record_start_at", ""), "media") == 0;
	forward->timeout_s = read_seconds(answer, "timeout");
	forward->max_ring_s = read_seconds(answer, "max_ring_time");
	wrong = forward->headers ? check_headers(forward->headers) : NULL;
	if (!wrong && forward->target_count == 0)
		wrong = "the router forwards to nobody";
	if (!wrong && !read_codecs(answer, forward))
		wrong = "none of the router's allow_codecs is ours";
	if (wrong)
		failed(decision, 500, wrong);
}

void route_read(const char *body, size_t length, const char *url, const struct ncco_limits *limits,
	struct route_decision *ret_decision, struct json_object **ret_holder)
{
	struct json_object *answer = NULL;
	const char *name, *error;

	*ret_holder = NULL;
	*ret_decision = (struct route_decision){0};
	if (json_parse(body, length, &answer, &error, NULL) < 0) {
		failed(ret_decision, 500, "the router's answer is not JSON");
		return;
	}
	*ret_holder = answer;
	if (json_object_is_type(answer, json_type_array)) {
		ret_decision->action = ROUTE_ANSWER;
		read_steps(answer, url, limits, ret_decision);
		return;
	}
	name = json_text(answer, "action", "");
	for (size_t i = 0; i < ARRAY_SIZE(action_table); i++) {
		if (strcmp(action_table[i].name, name) != 0)
			continue;
		ret_decision->action = action_table[i].action;
		if (ret_decision->action == ROUTE_ANSWER)
			read_steps(answer, url, limits, ret_decision);
		else if (ret_decision->action == ROUTE_REJECT)
			read_reject(answer, ret_decision);
		else if (ret_decision->action == ROUTE_FORWARD)
			read_forward(answer, ret_decision);
		ret_decision->application = json_text(answer, "application", "");
		return;
	}
	failed(ret_decision, 503, "the router's action is unknown");
}

static void on_response(void *arg, const struct http_response *r)
{
	struct route_query *query = arg;
	struct route_decision decision;
	struct json_object *holder = NULL;

	query->request = NULL;
	if (r->outcome != HTTP_ANSWERED) {
		failed(&decision, 503, http_outcome_text(r->outcome));
	} else if (r->status < 200 || r->status > 299) {
		failed(&decision, 503, "the router's status is not 2xx");
	} else {
		route_read(r->body, r->body_length, r->url, &query->limits, &decision, &holder);
	}
	if (decision.action == ROUTE_FAILED)
		log_warn(query->uuid, "http_router: %s (status %d, %llu ms)", decision.reason,
			r->status, (unsigned long long)(r->duration_us / 1000));
	query->done(query->arg, &decision);
	json_object_put(holder);
	free(query->uuid);
	free(query);
}

struct route_query *route_ask(struct http_client *client, const struct config_router *router,
	const struct ncco_limits *limits, struct sip_leg *leg, const char *uuid,
	const char *conversation_uuid, route_fn done, void *arg)
{
	struct route_query *query = xcalloc(1, sizeof(*query));
	struct json_object *body = question(leg, uuid, conversation_uuid);
	const char *text = json_print(body);
	struct http_request request = {
		.method = "POST",
		.url = router->url,
		.content_type = "application/json",
		.body = text,
		.body_length = strlen(text),
		.headers = router->headers,
		.connect_timeout_ms = router->timeout_ms < 1000 ? router->timeout_ms : 1000,
		.total_timeout_ms = router->timeout_ms,
		.max_bytes = limits->max_bytes,
	};

	query->limits = *limits;
	query->uuid = xstrdup(uuid);
	query->done = done;
	query->arg = arg;
	query->request = http_send(client, &request, on_response, query);
	json_object_put(body);
	return query;
}

void route_cancel(struct route_query *query)
{
	if (!query)
		return;
	http_cancel(query->request);
	free(query->uuid);
	free(query);
}
