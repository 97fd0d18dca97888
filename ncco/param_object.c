/* Options that are objects of any members, or of headers. */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "ncco/reader.h"

#define MAX_HEADERS	 32
#define MAX_HEADER_VALUE 512

/* Without what a SIP header cannot carry: RFC 3261 section 25.1, token. */
static bool is_token(const char *name)
{
	if (!*name || strlen(name) > 64)
		return false;
	for (; *name; name++) {
		if (!isalnum((unsigned char)*name) && !strchr("-.!%*_+`'~", *name))
			return false;
	}
	return true;
}

/* Headers that route a message, frame it or tie it to its dialog, in long and short form. */
static bool is_reserved(const char *name)
{
	static const char *const names[] = {"Via", "v", "From", "f", "To", "t", "Call-ID", "i",
		"CSeq", "Contact", "m", "Content-Length", "l", "Content-Type", "c",
		"Content-Encoding", "e", "Max-Forwards", "Record-Route", "Route", "Require",
		"Proxy-Require", "Supported", "k", "Unsupported", "Reason", "Authorization",
		"Proxy-Authorization", "Session-Expires", "x", "RSeq", "RAck"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (strcasecmp(name, names[i]) == 0)
			return true;
	}
	return false;
}

static void read_header(struct reader *reader, const struct param *param, const char *name,
	struct json_object *line)
{
	bool scalar = json_object_is_type(line, json_type_int) ||
		      json_object_is_type(line, json_type_boolean) ||
		      json_object_is_type(line, json_type_double);
	const char *text = scalar ? "" : string_read(reader, param, line, false);

	if (!is_token(name))
		reader_fault(reader, "is not a header name");
	else if (!param->prefixed && is_reserved(name))
		reader_fault(reader, "is a header that SIP itself needs");
	else if (text && has_control(text))
		reader_fault(reader, "has a control character");
	else if (text && strlen(text) > MAX_HEADER_VALUE)
		reader_fault(reader, "is longer than %d bytes", MAX_HEADER_VALUE);
}

void headers_read(struct reader *reader, const struct param *param, struct json_object *value,
	struct json_object **out)
{
	size_t before = reader->faults->count;

	if (!json_object_is_type(value, json_type_object)) {
		fault_must(reader, param, "an object of names and strings", value);
		return;
	}
	if (json_object_object_length(value) > MAX_HEADERS)
		reader_fault(reader, "has more than %d headers", MAX_HEADERS);
	json_object_object_foreach (value, name, line) {
		reader_enter(reader, name);
		read_header(reader, param, name, line);
		reader_leave(reader);
	}
	if (reader->faults->count == before)
		*out = json_object_get(value);
}

void object_read(struct reader *reader, const struct param *param, struct json_object *value,
	struct json_object **out)
{
	if (!json_object_is_type(value, json_type_object))
		fault_must(reader, param, "an object", value);
	else if (param->max > 0 && strlen(json_print(value)) > (size_t)param->max)
		reader_fault(reader, "is longer than %g bytes as JSON", param->max);
	else
		*out = json_object_get(value);
}
