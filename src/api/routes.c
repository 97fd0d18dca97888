/* All routes of the API: a row each. Who may, what the query may have, what is answered; from these
 * rows follow api_authorize(), the reading of queries and the OpenAPI document. */
#include "api/api_private.h"

#define OPERATION(...) (&(const struct api_operation){__VA_ARGS__})

static const char *const plain[] = {"text/plain", NULL};
static const char *const sounds[] = {"audio/wav", "audio/mpeg", "audio/ogg", NULL};

const struct http_route api_routes[] = {
	{"GET", "/healthz", api_get_healthz,
		OPERATION(.id = "getHealth", .summary = "Whether nccod works at all",
			.scope = API_OPEN, .status = 200, .answer = "Health")},
	{"GET", "/readyz", api_get_readyz,
		OPERATION(.id = "getReadiness",
			.summary = "Whether calls are taken and what they leave can be kept",
			.scope = API_OPEN, .status = 200, .answer = "Health")},
	{"GET", "/metrics", api_get_metrics,
		OPERATION(.id = "getMetrics", .summary = "Counters for Prometheus",
			.scope = API_METRICS_READ, .status = 200, .types = plain)},
	{"GET", "/console/status", api_get_status,
		OPERATION(.id = "getStatus", .summary = "What nccod does", .scope = API_ADMIN,
			.status = 200, .answer = "Status")},
	{"GET", "/console/spool", api_list_spool,
		OPERATION(.id = "listSpool", .summary = "Events that could not be delivered",
			.scope = API_ADMIN, .query = api_list_spool_query, .status = 200,
			.answer = "SpoolPage")},
	{"POST", "/console/spool/retry", api_retry_spool,
		OPERATION(.id = "retrySpool", .summary = "Tries all receivers of them now",
			.scope = API_ADMIN, .status = 204)},
	{"DELETE", "/console/spool/{id}", api_drop_event,
		OPERATION(.id = "dropEvent", .summary = "Forgets such an event", .scope = API_ADMIN,
			.status = 204)},
	{"GET", "[/api]/v1/openapi.json", api_get_openapi,
		OPERATION(.id = "getDescription", .summary = "This document", .scope = API_OPEN,
			.status = 200, .answer = "Description")},
	{"POST", "[/api]/v1/calls", api_make_call,
		OPERATION(.id = "createCall", .summary = "Calls somebody", .scope = API_CALLS_WRITE,
			.body = "CallOrder", .status = 201, .answer = "CallMade")},
	{"GET", "[/api]/v1/calls", api_list_calls,
		OPERATION(.id = "listCalls", .summary = "Calls, those that are over too",
			.scope = API_CALLS_READ, .query = api_list_calls_query, .status = 200,
			.answer = "CallPage")},
	{"GET", "[/api]/v1/calls/{uuid}", api_get_call,
		OPERATION(.id = "getCall", .summary = "A call, one that is over too",
			.scope = API_CALLS_READ, .status = 200, .answer = "Call")},
	{"GET", "[/api]/v1/files", api_list_files,
		OPERATION(.id = "listFiles", .summary = "Recordings, the latest first",
			.scope = API_CALLS_READ, .query = api_list_files_query, .status = 200,
			.answer = "FilePage")},
	{"GET", "[/api]/v1/files/{id}", api_get_file,
		OPERATION(.id = "getFile", .summary = "The sound of a recording, or a part of it",
			.scope = API_CALLS_READ, .status = 200, .types = sounds)},
	{NULL, NULL, NULL, NULL},
};
