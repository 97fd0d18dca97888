#include "http/head.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#define MAX_TARGET 8192
#define MAX_METHOD 20

static int refuse(struct head_fault *fault, int status, const char *detail)
{
	*fault = (struct head_fault){status, detail};
	return -EBADMSG;
}

/* --- characters --- */

enum { TOKEN = 1, TARGET = 2, HOST = 4, VALUE = 8, ANY = 15, NOT_TOKEN = TARGET | VALUE };

/* Names: RFC 9110 section 5.6.2. Targets: RFC 3986, and what browsers leave as it is in queries,
 * but no '#' and no backslash. Hosts: names, addresses, port. Values: no control but TAB. */
static const unsigned char kinds_of[256] = {
	['0' ... '9'] = ANY,
	['A' ... 'Z'] = ANY,
	['a' ... 'z'] = ANY,
	['-'] = ANY,
	['.'] = ANY,
	['_'] = ANY,
	['~'] = ANY,
	['%'] = ANY,
	['!'] = ANY & ~HOST,
	['$'] = ANY & ~HOST,
	['&'] = ANY & ~HOST,
	['\''] = ANY & ~HOST,
	['*'] = ANY & ~HOST,
	['+'] = ANY & ~HOST,
	['^'] = ANY & ~HOST,
	['`'] = ANY & ~HOST,
	['|'] = ANY & ~HOST,
	['#'] = TOKEN | VALUE,
	['"'] = NOT_TOKEN,
	['('] = NOT_TOKEN,
	[')'] = NOT_TOKEN,
	[','] = NOT_TOKEN,
	['/'] = NOT_TOKEN,
	[';'] = NOT_TOKEN,
	['<'] = NOT_TOKEN,
	['='] = NOT_TOKEN,
	['>'] = NOT_TOKEN,
	['?'] = NOT_TOKEN,
	['@'] = NOT_TOKEN,
	['{'] = NOT_TOKEN,
	['}'] = NOT_TOKEN,
	[':'] = NOT_TOKEN | HOST,
	['['] = NOT_TOKEN | HOST,
	[']'] = NOT_TOKEN | HOST,
	['\\'] = VALUE,
	[' '] = VALUE,
	['\t'] = VALUE,
	[0x80 ... 0xff] = VALUE,
};

static bool is(unsigned char c, unsigned kinds)
{
	return (kinds_of[c] & kinds) != 0;
}

static bool all(const char *text, size_t length, unsigned kinds)
{
	for (size_t i = 0; i < length; i++)
		if (!is((unsigned char)text[i], kinds))
			return false;
	return true;
}

static bool is_hex(char c)
{
	return c && strchr("0123456789abcdefABCDEF", c);
}

/* --- where it ends --- */

static bool control(unsigned char c)
{
	return (c < 0x20 && c != '\t') || c == 0x7f;
}

long head_scan(const char *data, size_t length, size_t *scanned, struct head_fault *fault)
{
	size_t begin = length >= 2 && memcmp(data, "\r\n", 2) == 0 ? 2 : 0;

	for (size_t i = *scanned; i < length; i++) {
		*scanned = i;
		if (i + (data[i] == '\r') >= HEAD_MAX_BYTES)
			return refuse(fault, 431, "the head is larger than 16 KiB");
		if (data[i] == '\r') {
			/* Seen again when the byte behind it has come. */
			if (i + 1 == length)
				return 0;
			if (data[i + 1] != '\n')
				return refuse(fault, 400, "a CR without LF");
			i++;
			if (i >= begin + 3 && memcmp(data + i - 3, "\r\n\r\n", 4) == 0)
				return (long)i + 1;
			if (i == begin + 1)
				return refuse(fault, 400, "the request line is empty");
		} else if (data[i] == '\n') {
			return refuse(fault, 400, "an LF without CR");
		} else if (control((unsigned char)data[i])) {
			return refuse(fault, 400, "a control character in the head");
		}
	}
	*scanned = length;
	return 0;
}

/* --- the request line --- */

/* "http://host/path" gives its host, which must be the one of the field, and leaves the path. */
static int take_authority(struct http_head *head, struct head_fault *fault)
{
	size_t scheme = strncasecmp(head->path, "http://", 7) == 0    ? 7
			: strncasecmp(head->path, "https://", 8) == 0 ? 8
								      : 0;
	char *host = head->path + scheme;
	size_t length = strcspn(host, "/?");

	if (scheme == 0)
		return refuse(fault, 400, "the target must be a path");
	if (length == 0 || host[length] != '/')
		return refuse(fault, 400, "the target has no host or no path");
	if (strlen(head->host) != length || strncasecmp(head->host, host, length) != 0)
		return refuse(fault, 400, "the target names another host than Host");
	head->path = host + length;
	return 0;
}

static bool escapes_well(const char *target)
{
	for (; *target; target++)
		if (*target == '%' && (!is_hex(target[1]) || !is_hex(target[2])))
			return false;
	return true;
}

static int read_target(
	char *target, size_t length, struct http_head *head, struct head_fault *fault)
{
	if (length > MAX_TARGET)
		return refuse(fault, 414, "the target is longer than 8 KiB");
	if (length == 0 || !all(target, length, TARGET))
		return refuse(fault, 400, "the target has characters that must be escaped");
	target[length] = '\0';
	if (!escapes_well(target))
		return refuse(fault, 400, "the target has a bad escape");
	head->path = target;
	return 0;
}

/* method SP target SP HTTP/1.x, with exactly these spaces. */
static int read_request_line(
	char *line, size_t length, struct http_head *head, struct head_fault *fault)
{
	char *end = line + length, *target = memchr(line, ' ', length), *version;

	if (!target || target == line || target - line > MAX_METHOD ||
		!all(line, (size_t)(target - line), TOKEN))
		return refuse(fault, 400, "the request line has no method");
	*target++ = '\0';
	head->method = line;
	version = memchr(target, ' ', (size_t)(end - target));
	if (!version)
		return refuse(fault, 400, "the request line has no version");
	if (end - version != 9 || memcmp(version + 1, "HTTP/", 5) != 0)
		return refuse(fault, 400, "the request line does not end with a version");
	if (memcmp(version + 6, "1.", 2) != 0 || (version[8] != '0' && version[8] != '1'))
		return refuse(fault, 505, "only HTTP/1.0 and HTTP/1.1 are spoken here");
	head->minor = version[8] == '1';
	return read_target(target, (size_t)(version - target), head, fault);
}

/* --- the fields --- */

bool head_line_read(char *line, size_t length, struct head_field *ret_field)
{
	char *colon = memchr(line, ':', length), *value, *end = line + length;

	if (!colon || colon == line || !all(line, (size_t)(colon - line), TOKEN))
		return false;
	value = colon + 1;
	while (value < end && (*value == ' ' || *value == '\t'))
		value++;
	while (end > value && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	if (!all(value, (size_t)(end - value), VALUE))
		return false;
	*colon = *end = '\0';
	*ret_field = (struct head_field){line, value};
	return true;
}

static int read_fields(char *line, char *end, struct http_head *head, struct head_fault *fault)
{
	while (line < end) {
		char *eol = memchr(line, '\r', (size_t)(end - line));

		if (head->field_count == HEAD_MAX_FIELDS)
			return refuse(fault, 431, "more than 100 fields");
		if (*line == ' ' || *line == '\t')
			return refuse(fault, 400, "a folded line");
		if (!head_line_read(line, (size_t)(eol - line), &head->fields[head->field_count]))
			return refuse(fault, 400, "a line that is no field");
		head->field_count++;
		line = eol + 2;
	}
	return 0;
}

/* --- what the fields say about the body and the connection --- */

static int read_length(const char *text, struct http_head *head, struct head_fault *fault)
{
	size_t digits = strspn(text, "0123456789");

	if (digits == 0 || digits > 18 || text[digits])
		return refuse(fault, 400, "a Content-Length that is no length");
	head->length = 0;
	while (*text)
		head->length = head->length * 10 + (uint64_t)(*text++ - '0');
	return 0;
}

/* Whether the list with commas holds the token. */
static bool lists(const char *list, const char *token)
{
	size_t length = strlen(token);

	while (*list) {
		size_t part;

		list += strspn(list, " \t,");
		part = strcspn(list, " \t,");
		if (part == length && strncasecmp(list, token, part) == 0)
			return true;
		list += part;
	}
	return false;
}

struct framing {
	unsigned lengths, encodings, hosts;
	bool close, keep;
};

static int read_framing_field(const struct head_field *field, struct framing *saw,
	struct http_head *head, struct head_fault *fault)
{
	if (strcasecmp(field->name, "Content-Length") == 0) {
		if (++saw->lengths > 1)
			return refuse(fault, 400, "more than one Content-Length");
		return read_length(field->value, head, fault);
	}
	if (strcasecmp(field->name, "Transfer-Encoding") == 0) {
		if (++saw->encodings > 1)
			return refuse(fault, 400, "more than one Transfer-Encoding");
		if (strcasecmp(field->value, "chunked") != 0)
			return refuse(fault, 501, "a Transfer-Encoding other than chunked");
		head->chunked = true;
	} else if (strcasecmp(field->name, "Host") == 0) {
		if (++saw->hosts > 1)
			return refuse(fault, 400, "more than one Host");
		if (!all(field->value, strlen(field->value), HOST))
			return refuse(fault, 400, "a Host that is no host");
		head->host = field->value;
	} else if (strcasecmp(field->name, "Connection") == 0) {
		saw->close |= lists(field->value, "close");
		saw->keep |= lists(field->value, "keep-alive");
	} else if (strcasecmp(field->name, "Expect") == 0) {
		if (strcasecmp(field->value, "100-continue") != 0)
			return refuse(fault, 417, "an Expect other than 100-continue");
		head->expects_continue = head->minor == 1;
	}
	return 0;
}

static int read_framing(struct http_head *head, struct head_fault *fault)
{
	struct framing saw = {0};

	for (size_t i = 0; i < head->field_count; i++)
		if (read_framing_field(&head->fields[i], &saw, head, fault) < 0)
			return -EBADMSG;
	if (saw.encodings && saw.lengths)
		return refuse(fault, 400, "Content-Length beside Transfer-Encoding");
	if (saw.encodings && head->minor == 0)
		return refuse(fault, 400, "Transfer-Encoding in HTTP/1.0");
	if (!saw.hosts && head->minor == 1)
		return refuse(fault, 400, "a Host is missing");
	head->keep_alive = !saw.close && (head->minor == 1 || saw.keep);
	return 0;
}

static void split_query(struct http_head *head, char *empty)
{
	char *mark = strchr(head->path, '?');

	head->query = mark ? mark + 1 : empty;
	if (mark)
		*mark = '\0';
}

int head_read(char *data, size_t length, struct http_head *head, struct head_fault *fault)
{
	char *end = data + length - 2, *eol, *empty = data + length - 1;

	head->field_count = 0;
	head->chunked = head->expects_continue = false;
	head->length = 0;
	if (data[0] == '\r')
		data += 2;
	eol = memchr(data, '\r', (size_t)(end - data));
	if (read_request_line(data, (size_t)(eol - data), head, fault) < 0 ||
		read_fields(eol + 2, end, head, fault) < 0)
		return -EBADMSG;
	*empty = '\0'; /* the last LF */
	head->host = empty;
	if (read_framing(head, fault) < 0)
		return -EBADMSG;
	if (*head->path != '/' && strcmp(head->path, "*") != 0 && take_authority(head, fault) < 0)
		return -EBADMSG;
	split_query(head, empty);
	return 0;
}

const char *head_field(const struct http_head *head, const char *name)
{
	for (size_t i = 0; i < head->field_count; i++)
		if (strcasecmp(head->fields[i].name, name) == 0)
			return head->fields[i].value;
	return NULL;
}
