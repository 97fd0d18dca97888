/* What answers are like: a JSON Schema (2020-12) for each. */
#include <stdlib.h>
#include <string.h>

#include "api/api_private.h"
#include "base/mem.h"

static const struct api_schema schemas[] = {
	{"Health", "{\"type\":\"object\",\"required\":[\"status\"],\"additionalProperties\":false,"
		   "\"properties\":{\"status\":{\"type\":\"string\"}}}"},
	{"Status",
		"{\"type\":\"object\",\"required\":[\"status\",\"version\",\"uptime\",\"calls\"],"
		"\"properties\":{\"status\":{\"enum\":[\"ok\",\"draining\"]},"
		"\"version\":{\"type\":\"string\"},"
		"\"uptime\":{\"type\":\"integer\",\"minimum\":0,\"description\":\"seconds\"},"
		"\"calls\":{\"type\":\"object\",\"required\":[\"active\",\"total\",\"failed\"],"
		"\"additionalProperties\":false,\"properties\":{"
		"\"active\":{\"type\":\"integer\",\"minimum\":0},"
		"\"total\":{\"type\":\"integer\",\"minimum\":0},"
		"\"failed\":{\"type\":\"integer\",\"minimum\":0}}}}}"},
	{"File", "{\"type\":\"object\",\"required\":[\"id\",\"application\",\"uuid\","
		 "\"conversation_uuid\",\"format\",\"start_time\",\"end_time\",\"size\","
		 "\"recording_url\"],\"additionalProperties\":false,\"properties\":{"
		 "\"id\":{\"type\":\"string\"},"
		 "\"application\":{\"type\":[\"string\",\"null\"]},"
		 "\"uuid\":{\"type\":[\"string\",\"null\"],\"description\":\"of the call\"},"
		 "\"conversation_uuid\":{\"type\":[\"string\",\"null\"]},"
		 "\"format\":{\"enum\":[\"wav\",\"mp3\",\"ogg\"]},"
		 "\"start_time\":{\"type\":\"string\",\"format\":\"date-time\"},"
		 "\"end_time\":{\"type\":[\"string\",\"null\"],\"format\":\"date-time\","
		 "\"description\":\"null: it goes on\"},"
		 "\"size\":{\"type\":\"integer\",\"minimum\":0},"
		 "\"recording_url\":{\"type\":\"string\",\"format\":\"uri\"}}}"},
	{"Links", "{\"type\":\"object\",\"required\":[\"self\",\"first\",\"last\"],"
		  "\"additionalProperties\":{\"type\":\"object\",\"required\":[\"href\"],"
		  "\"properties\":{\"href\":{\"type\":\"string\",\"format\":\"uri\"}}}}"},
	{"FilePage", "{\"type\":\"object\",\"required\":[\"count\",\"page_size\",\"record_index\","
		     "\"_links\",\"_embedded\"],\"properties\":{"
		     "\"count\":{\"type\":\"integer\",\"minimum\":0},"
		     "\"page_size\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":100},"
		     "\"record_index\":{\"type\":\"integer\",\"minimum\":0},"
		     "\"_links\":{\"$ref\":\"#/components/schemas/Links\"},"
		     "\"_embedded\":{\"type\":\"object\",\"required\":[\"files\"],"
		     "\"properties\":{\"files\":{\"type\":\"array\","
		     "\"items\":{\"$ref\":\"#/components/schemas/File\"}}}}}}"},
	{"SpoolPage", "{\"type\":\"object\",\"required\":[\"count\",\"page_size\",\"record_index\","
		      "\"_links\",\"_embedded\"],\"properties\":{"
		      "\"count\":{\"type\":\"integer\",\"minimum\":0},"
		      "\"page_size\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":100},"
		      "\"record_index\":{\"type\":\"integer\",\"minimum\":0},"
		      "\"_links\":{\"$ref\":\"#/components/schemas/Links\"},"
		      "\"_embedded\":{\"type\":\"object\",\"required\":[\"events\"],"
		      "\"properties\":{\"events\":{\"type\":\"array\","
		      "\"items\":{\"$ref\":\"#/components/schemas/SpooledEvent\"}}}}}}"},
	{"SpooledEvent", "{\"type\":\"object\",\"required\":[\"id\",\"event_id\",\"application\","
			 "\"uuid\",\"url\",\"method\",\"tries\",\"error\",\"begun\",\"next\"],"
			 "\"additionalProperties\":false,\"properties\":{"
			 "\"id\":{\"type\":\"integer\",\"minimum\":1},"
			 "\"event_id\":{\"type\":\"string\"},"
			 "\"application\":{\"type\":\"string\"},"
			 "\"uuid\":{\"type\":\"string\",\"description\":\"of the call\"},"
			 "\"url\":{\"type\":\"string\"},\"method\":{\"type\":\"string\"},"
			 "\"tries\":{\"type\":\"integer\",\"minimum\":1},"
			 "\"error\":{\"type\":\"string\"},"
			 "\"begun\":{\"type\":\"string\",\"format\":\"date-time\"},"
			 "\"next\":{\"type\":\"string\",\"format\":\"date-time\"}}}"},
	{"Description", "{\"type\":\"object\",\"required\":[\"openapi\",\"info\",\"paths\"]}"},
	{"Problem",
		"{\"type\":\"object\",\"description\":\"RFC 9457\","
		"\"required\":[\"type\",\"title\",\"status\",\"detail\",\"invalid_parameters\"],"
		"\"properties\":{\"type\":{\"type\":\"string\"},\"title\":{\"type\":\"string\"},"
		"\"status\":{\"type\":\"integer\",\"minimum\":400,\"maximum\":599},"
		"\"detail\":{\"type\":\"string\"},\"error_title\":{\"type\":\"string\"},"
		"\"instance\":{\"type\":\"string\"},"
		"\"invalid_parameters\":{\"type\":\"array\",\"items\":{\"type\":\"object\","
		"\"required\":[\"name\",\"reason\"],\"additionalProperties\":false,"
		"\"properties\":{\"name\":{\"type\":\"string\"},"
		"\"reason\":{\"type\":\"string\"}}}}}}"},
	{NULL, NULL},
};

static const struct api_schema *const tables[] = {schemas, api_call_schemas, api_room_schemas};

struct json_object *api_schema(const char *name)
{
	struct json_object *schema = NULL;

	for (size_t t = 0; t < ARRAY_SIZE(tables); t++)
		for (const struct api_schema *s = tables[t]; s->name; s++)
			if (strcmp(s->name, name) == 0)
				json_parse(s->text, strlen(s->text), &schema, NULL, NULL);
	return schema;
}

struct json_object *api_schemas(void)
{
	struct json_object *all = json_object_new_object();

	for (size_t t = 0; t < ARRAY_SIZE(tables); t++)
		for (const struct api_schema *s = tables[t]; s->name; s++)
			json_object_object_add(all, s->name, api_schema(s->name));
	return all;
}
