/* The OpenAPI 3.1 document, made from the route table that serves. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/api_private.h"
#include "base/mem.h"
#include "base/strbuf.h"

/* --- pieces --- */

static struct json_object *object(const char *key, const char *text)
{
	struct json_object *made = json_object_new_object();

	json_add_text(made, key, text);
	return made;
}

static struct json_object *reference(const char *schema)
{
	char *text = xasprintf("#/components/schemas/%s", schema);
	struct json_object *made = object("$ref", text);

	free(text);
	return made;
}

/* {"type": {"schema": schema}}; takes the schema. */
static struct json_object *content(const char *type, struct json_object *schema)
{
	struct json_object *made = json_object_new_object(), *media = json_object_new_object();

	json_object_object_add(media, "schema", schema);
	json_object_object_add(made, type, media);
	return made;
}

/* --- parameters --- */

static struct json_object *parameter(
	const char *name, const char *in, const char *about, struct json_object *schema)
{
	struct json_object *made = object("name", name);

	json_add_text(made, "in", in);
	if (about)
		json_add_text(made, "description", about);
	if (strcmp(in, "path") == 0)
		json_add_bool(made, "required", true);
	json_object_object_add(made, "schema", schema);
	return made;
}

static struct json_object *field_schema(const struct api_field *field)
{
	struct json_object *schema =
		object("type", field->type == API_INTEGER ? "integer" : "string");
	struct json_object *names;

	if (field->type == API_INTEGER) {
		json_add_int(schema, "minimum", field->min);
		json_add_int(schema, "maximum", field->max);
		json_add_int(schema, "default", field->fallback);
	} else if (field->type == API_TIME) {
		json_add_text(schema, "format", "date-time");
	}
	if (field->names) {
		names = json_object_new_array();
		for (size_t i = 0; field->names[i]; i++)
			json_object_array_add(names, json_object_new_string(field->names[i]));
		json_object_object_add(schema, "enum", names);
	}
	if (field->text)
		json_add_text(schema, "default", field->text);
	return schema;
}

static struct json_object *parameters(const char *path, const struct api_operation *operation)
{
	struct json_object *list = json_object_new_array();
	const char *at = path;

	while ((at = strchr(at, '{'))) {
		size_t length = strcspn(++at, "}");
		char *name = xstrndup(at, length);

		json_object_array_add(
			list, parameter(name, "path", NULL, object("type", "string")));
		free(name);
	}
	if (operation->once)
		json_object_array_add(
			list, parameter("Idempotency-Key", "header",
				      "Of requests with the same key and body only the first does "
				      "something; the others get its answer, for 24 hours",
				      object("type", "string")));
	for (const struct api_field *f = operation->query; f && f->name; f++)
		json_object_array_add(list, parameter(f->name, "query", f->about, field_schema(f)));
	return list;
}

/* --- answers --- */

static void add_answer(struct json_object *answers, int status, struct json_object *made)
{
	char number[16];

	snprintf(number, sizeof(number), "%d", status);
	json_object_object_add(answers, number, made);
}

static struct json_object *success(const struct api_operation *operation)
{
	struct json_object *made = object("description", http_phrase(operation->status)), *types;

	if (operation->answer)
		json_object_object_add(
			made, "content", content("application/json", reference(operation->answer)));
	if (operation->types) {
		types = json_object_new_object();
		for (size_t i = 0; operation->types[i]; i++)
			json_object_object_add(
				types, operation->types[i], json_object_new_object());
		json_object_object_add(made, "content", types);
	}
	return made;
}

static struct json_object *problem(int status)
{
	struct json_object *made = object("description", http_phrase(status));

	json_object_object_add(
		made, "content", content("application/problem+json", reference("Problem")));
	return made;
}

static struct json_object *answers(const char *path, const struct api_operation *operation)
{
	struct json_object *made = json_object_new_object();
	const struct {
		int status;
		bool possible;
	} rows[] = {
		{400, operation->query || operation->body},
		{401, operation->scope != API_OPEN},
		{403, operation->scope != API_OPEN},
		{404, strchr(path, '{') != NULL},
		{409, operation->once},
		{422, operation->once},
		{429, operation->scope != API_OPEN},
	};

	add_answer(made, operation->status, success(operation));
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].possible)
			add_answer(made, rows[i].status, problem(rows[i].status));
	json_object_object_add(made, "default", problem(500));
	return made;
}

/* --- operations --- */

/* Either a key or a token as Bearer, or a key as the password; both with the scope. */
static struct json_object *security(const struct api_operation *operation)
{
	static const char *const schemes[] = {"bearer", "basic"};
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < ARRAY_SIZE(schemes) && operation->scope != API_OPEN; i++) {
		struct json_object *way = json_object_new_object();
		struct json_object *scopes = json_object_new_array();

		json_object_array_add(
			scopes, json_object_new_string(api_scope_name(operation->scope)));
		json_object_object_add(way, schemes[i], scopes);
		json_object_array_add(list, way);
	}
	return list;
}

static struct json_object *request_body(const struct api_operation *operation)
{
	struct json_object *made = json_object_new_object();

	json_add_bool(made, "required", true);
	json_object_object_add(
		made, "content", content("application/json", reference(operation->body)));
	return made;
}

static struct json_object *operation_object(const char *path, const struct api_operation *operation)
{
	struct json_object *made = object("operationId", operation->id);

	json_add_text(made, "summary", operation->summary);
	json_object_object_add(made, "parameters", parameters(path, operation));
	if (operation->body)
		json_object_object_add(made, "requestBody", request_body(operation));
	json_object_object_add(made, "responses", answers(path, operation));
	json_object_object_add(made, "security", security(operation));
	return made;
}

static void lower(char *text)
{
	for (; *text; text++)
		if (*text >= 'A' && *text <= 'Z')
			*text |= 0x20;
}

static void add_route(struct json_object *paths, const struct http_route *route)
{
	/* "[/api]/v1" is told as it is with the prefix. */
	char *path = *route->path == '[' ? xasprintf("/api%s", strchr(route->path, ']') + 1)
					 : xstrdup(route->path);
	char *method = xstrdup(route->method);
	struct json_object *row = json_member(paths, path);

	if (!row) {
		row = json_object_new_object();
		json_object_object_add(paths, path, row);
	}
	lower(method);
	json_object_object_add(row, method, operation_object(path, route->about));
	free(method);
	free(path);
}

static struct json_object *components(void)
{
	struct json_object *made = json_object_new_object();
	struct json_object *schemes = json_object_new_object();

	json_object_object_add(schemes, "bearer", object("type", "http"));
	json_add_text(json_member(schemes, "bearer"), "scheme", "bearer");
	json_add_text(json_member(schemes, "bearer"), "description",
		"An API key, or a token (JWT, RS256) of an application");
	json_object_object_add(schemes, "basic", object("type", "http"));
	json_add_text(json_member(schemes, "basic"), "scheme", "basic");
	json_add_text(json_member(schemes, "basic"), "description", "An API key as the password");
	json_object_object_add(made, "securitySchemes", schemes);
	json_object_object_add(made, "schemas", api_schemas());
	return made;
}

char *openapi_print(const struct http_route *routes)
{
	struct json_object *made = object("openapi", "3.1.0"), *info = object("title", "nccod");
	struct json_object *paths = json_object_new_object();
	char *text;

	json_add_text(info, "version", PACKAGE_VERSION);
	json_add_text(info, "description",
		"What begins with /api/v1 is also found without the prefix /api.");
	json_object_object_add(made, "info", info);
	for (const struct http_route *route = routes; route->method; route++)
		add_route(paths, route);
	json_object_object_add(made, "paths", paths);
	json_object_object_add(made, "components", components());
	text = xstrdup(json_print(made));
	json_object_put(made);
	return text;
}

void api_get_openapi(void *arg, struct http_exchange *exchange, const char *id)
{
	struct api *api = arg;

	(void)id;
	if (!api->openapi)
		api->openapi = openapi_print(api_routes);
	http_reply_text(exchange, 200, "application/json", api->openapi, strlen(api->openapi));
}
