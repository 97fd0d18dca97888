/* operation.h - what a route of the API is: who may use it, what it takes and what it answers. Each
 * row of the route table has one; api_authorize(), the reading of queries and the OpenAPI document
 * all follow from it. Pure. */
#ifndef API_OPERATION_H
#define API_OPERATION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/json.h"

/* As bits; what a caller may and what an operation wants. */
enum api_scope {
	API_OPEN = 0, /* anybody */
	API_CALLS_READ = 1,
	API_CALLS_WRITE = 2,
	API_METRICS_READ = 4,
	API_ADMIN = 8, /* has the others, too */
};

/* "calls:read"; API_OPEN for what is no scope. */
enum api_scope api_scope_of(const char *name);
const char *api_scope_name(enum api_scope scope);

enum api_field_type { API_TEXT, API_INTEGER, API_TIME };

/* A parameter of a query. */
struct api_field {
	const char *name; /* NULL ends */
	enum api_field_type type;
	const char *about;
	int64_t fallback, min, max; /* of integers */
	const char *const *names;   /* all that a text may be, NULL-terminated; NULL: anything */
	const char *text;	    /* default of a text; NULL: none */
};

struct api_operation {
	const char *id;	     /* operationId */
	const char *summary; /* a line */
	enum api_scope scope;
	const struct api_field *query; /* NULL: takes none */
	const char *body;	       /* name of a schema of what it takes; NULL: nothing */
	bool once;		       /* takes an Idempotency-Key */
	int status;		       /* of success */
	const char *answer;	       /* name of a schema (schema.c); NULL: not JSON, or none */
	const char *const *types;      /* of an answer that is not JSON; NULL-terminated */
};

/* Reads a query by the fields: *ret_values has a member for each that was given or has a default,
 * texts as texts, numbers as numbers, times in microseconds since 1970. 0; -EINVAL and
 * *ret_faults, an array of {name, reason}. What is not in the table is not looked at. */
int api_query_read(const char *query, const struct api_field *fields,
	struct json_object **ret_values, struct json_object **ret_faults);

/* "2026-11-21T06:10:00Z", with fractions and offsets, or "2026-11-21 06:10:00" or a date alone, in
 * UTC: microseconds since 1970, or -EINVAL. */
int api_time_read(const char *text, int64_t *ret_time);

#endif
