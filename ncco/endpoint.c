#include "ncco/endpoint.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "ncco/authorization.h"

#define MAX_WEBSOCKET_HEADERS 4096 /* bytes of JSON; the Voice API itself allows 512 */
#define DEFAULT_RATE	      16000

struct endpoint {
	struct entry entry;
	char *number, *user, *uri, *domain, *extension;
	char *content_type;
	char *dtmf_answer;
	struct json_object *headers, *standard_headers;
	struct authorization authorization;
	char *answer_url, *answer_method, *ringback;
	char *shaken;
};

static const char *const methods[] = {"GET", "POST", NULL};

static const struct param answer_params[] = {
	{.name = "url",
		.type = PARAM_URL,
		.required = true,
		.offset = offsetof(struct endpoint, answer_url),
		.help = "Where the script for the callee is fetched from."},
	{.name = "method",
		.type = PARAM_CHOICE,
		.values = methods,
		.offset = offsetof(struct endpoint, answer_method),
		.help = "GET or POST; without it as for the answer webhook."},
	{.name = "ringbackTone",
		.aliases = {"ringback"},
		.type = PARAM_MEDIA,
		.offset = offsetof(struct endpoint, ringback),
		.help = "What the caller hears meanwhile."},
	{.name = NULL},
};

static const struct param authorization_params[] = {
	AUTHORIZATION_PARAMS(struct endpoint, authorization),
	{.name = NULL},
};

/* What every phone can have that is called. */
#define PHONE_PARAMS                                                                            \
	{.name = "dtmfAnswer",                                                                  \
		.type = PARAM_LINE,                                                             \
		.max = 64,                                                                      \
		.bare = true,                                                                   \
		.offset = offsetof(struct endpoint, dtmf_answer),                               \
		.help = "Digits that are sent to the callee when it has answered: 0-9 * # A-D " \
			"and p, which pauses for 500 ms."},                                     \
		{.name = "onAnswer",                                                            \
			.type = PARAM_GROUP,                                                    \
			.members = answer_params,                                               \
			.help = "A script that the callee hears before it is connected."},      \
		{.name = "headers",                                                             \
			.type = PARAM_HEADERS,                                                  \
			.prefixed = true,                                                       \
			.offset = offsetof(struct endpoint, headers),                           \
			.help = "SIP headers of the call, each with X- before its name."},      \
		{.name = "standardHeaders",                                                     \
			.aliases = {"standard_headers"},                                        \
			.type = PARAM_HEADERS,                                                  \
			.offset = offsetof(struct endpoint, standard_headers),                  \
			.help = "SIP headers as they are, such as User-to-User."},              \
	{                                                                                       \
		.name = "shaken", .type = PARAM_LINE, .max = 4096,                              \
		.offset = offsetof(struct endpoint, shaken),                                    \
		.help = "Value of the Identity header (RFC 8224)."                              \
	}

static const struct param phone_params[] = {
	{.name = "number",
		.type = PARAM_LINE,
		.max = 32,
		.required = true,
		.bare = true,
		.offset = offsetof(struct endpoint, number),
		.help = "The number, digits with or without a + before them."},
	PHONE_PARAMS,
	{.name = NULL},
};

static const struct param sip_params[] = {
	{.name = "uri",
		.type = PARAM_LINE,
		.max = NCCO_MAX_URL,
		.offset = offsetof(struct endpoint, uri),
		.help = "The SIP URI, with parameters such as ;transport=tls."},
	{.name = "user",
		.type = PARAM_LINE,
		.max = 128,
		.bare = true,
		.offset = offsetof(struct endpoint, user),
		.help = "User part of the URI, with domain, in place of uri."},
	{.name = "domain",
		.type = PARAM_LINE,
		.max = 255,
		.offset = offsetof(struct endpoint, domain),
		.help = "Host part of the URI."},
	PHONE_PARAMS,
	{.name = NULL},
};

static const struct param app_params[] = {
	{.name = "user",
		.type = PARAM_LINE,
		.max = 128,
		.required = true,
		.bare = true,
		.offset = offsetof(struct endpoint, user),
		.help = "Name of a registered user."},
	PHONE_PARAMS,
	{.name = NULL},
};

static const struct param extension_params[] = {
	{.name = "extension",
		.type = PARAM_LINE,
		.max = 64,
		.required = true,
		.bare = true,
		.offset = offsetof(struct endpoint, extension),
		.help = "The extension."},
	PHONE_PARAMS,
	{.name = NULL},
};

static const struct param websocket_params[] = {
	{.name = "uri",
		.type = PARAM_LINE,
		.max = NCCO_MAX_URL,
		.required = true,
		.offset = offsetof(struct endpoint, uri),
		.help = "A ws or wss URL."},
	{.name = "content-type",
		.aliases = {"contentType", "content_type"},
		.type = PARAM_LINE,
		.max = 64,
		.offset = offsetof(struct endpoint, content_type),
		.help = "audio/l16;rate=8000, 16000 or 24000; 16000 by default."},
	{.name = "headers",
		.type = PARAM_OBJECT,
		.max = MAX_WEBSOCKET_HEADERS,
		.offset = offsetof(struct endpoint, headers),
		.help = "Members of the first message, up to 4096 bytes of JSON."},
	{.name = "authorization",
		.type = PARAM_GROUP,
		.members = authorization_params,
		.help = "The Authorization header of the handshake."},
	{.name = NULL},
};

static void check_phone(struct endpoint *endpoint, struct reader *reader)
{
	const char *digits = endpoint->dtmf_answer;

	if (digits && strspn(digits, "0123456789*#ABCDabcdp") != strlen(digits))
		reader_fault_at(reader, "dtmfAnswer", "must be of 0-9 * # A-D and p");
}

static void phone_check(struct entry *entry, struct reader *reader)
{
	struct endpoint *endpoint = (struct endpoint *)entry;
	const char *number = endpoint->number;

	number += *number == '+';
	if (strspn(number, "0123456789") != strlen(number) || !*number || strlen(number) > 15)
		reader_fault_at(reader, "number", "must be 1 to 15 digits, as in 447700900001");
	check_phone(endpoint, reader);
}

/* RFC 3261 section 25.1: unreserved, escaped, user-unreserved. */
static bool is_user_part(const char *user)
{
	for (; *user; user++) {
		if (!isalnum((unsigned char)*user) && !strchr("-_.!~*'()&=+$,;?/%", *user))
			return false;
	}
	return true;
}

/* They become the URI. */
static void check_user_domain(struct endpoint *endpoint, struct reader *reader)
{
	if (!endpoint->user || !*endpoint->user || !endpoint->domain || !*endpoint->domain)
		reader_fault(reader, "\"uri\", or \"user\" and \"domain\", is missing");
	else if (!is_user_part(endpoint->user))
		reader_fault_at(reader, "user", "has a character that must be escaped in a URI");
	else
		endpoint->uri = xasprintf("sip:%s@%s", endpoint->user, endpoint->domain);
}

static void sip_check(struct entry *entry, struct reader *reader)
{
	struct endpoint *endpoint = (struct endpoint *)entry;
	const char *key = endpoint->uri ? "uri" : "domain", *fault;

	if (endpoint->uri && (endpoint->user || endpoint->domain))
		reader_fault_at(reader, "uri", "cannot be given with \"user\" or \"domain\"");
	else if (!endpoint->uri)
		check_user_domain(endpoint, reader);
	fault = endpoint->uri ? sip_uri_fault(endpoint->uri) : NULL;
	if (fault)
		reader_fault_at(reader, key, "%s", fault);
	check_phone(endpoint, reader);
}

static void app_check(struct entry *entry, struct reader *reader)
{
	struct endpoint *endpoint = (struct endpoint *)entry;
	bool app = endpoint->user != NULL;

	if (!is_user_part(app ? endpoint->user : endpoint->extension))
		reader_fault_at(
			reader, app ? "user" : "extension", "has a character that no user has");
	check_phone(endpoint, reader);
}

/* Hz of "audio/l16;rate=N"; 0: it is none of those. */
static unsigned content_rate(const char *type)
{
	static const unsigned rates[] = {8000, 16000, 24000};
	const char *rate = type;
	char *end;
	unsigned long hz;

	if (strncasecmp(type, "audio/l16", 9) != 0)
		return 0;
	rate += 9;
	rate += strspn(rate, "; ");
	if (!*rate)
		return DEFAULT_RATE;
	if (strncasecmp(rate, "rate=", 5) != 0 || !isdigit((unsigned char)rate[5]))
		return 0;
	hz = strtoul(rate + 5, &end, 10);
	for (size_t i = 0; i < ARRAY_SIZE(rates) && !*end; i++) {
		if (hz == rates[i])
			return rates[i];
	}
	return 0;
}

static void websocket_check(struct entry *entry, struct reader *reader)
{
	struct endpoint *endpoint = (struct endpoint *)entry;
	const char *fault = websocket_url_fault(endpoint->uri);

	if (fault)
		reader_fault_at(reader, "uri", "%s", fault);
	if (endpoint->content_type && content_rate(endpoint->content_type) == 0)
		reader_fault_at(
			reader, "content-type", "must be audio/l16;rate= and 8000, 16000 or 24000");
	authorization_check(&endpoint->authorization, reader);
}

/* In the order of enum ncco_endpoint_type. */
const struct entry_kind endpoint_kinds[] = {
	{.name = "phone",
		.params = phone_params,
		.size = sizeof(struct endpoint),
		.help = "A number, by way of a trunk.",
		.check = phone_check},
	{.name = "sip",
		.params = sip_params,
		.size = sizeof(struct endpoint),
		.help = "A SIP URI.",
		.check = sip_check},
	{.name = "app",
		.params = app_params,
		.size = sizeof(struct endpoint),
		.help = "A registered user.",
		.check = app_check},
	{.name = "websocket",
		.params = websocket_params,
		.size = sizeof(struct endpoint),
		.help = "A program that takes sound and gives some.",
		.check = websocket_check},
	{.name = "vbc",
		.alias = "extension",
		.params = extension_params,
		.size = sizeof(struct endpoint),
		.help = "An extension of the house.",
		.check = app_check},
	{.name = NULL},
};

static const char *target(const struct endpoint *endpoint, enum ncco_endpoint_type type)
{
	switch (type) {
	case NCCO_PHONE:
		return endpoint->number + (endpoint->number[0] == '+');
	case NCCO_APP:
		return endpoint->user;
	case NCCO_EXTENSION:
		return endpoint->extension;
	case NCCO_SIP:
	case NCCO_WEBSOCKET:
		break;
	}
	return endpoint->uri;
}

void endpoint_fill(const struct entry *entry, struct ncco_endpoint *ret_endpoint)
{
	const struct endpoint *endpoint = (const struct endpoint *)entry;
	enum ncco_endpoint_type type = (enum ncco_endpoint_type)(entry->kind - endpoint_kinds);

	*ret_endpoint = (struct ncco_endpoint){
		.type = type,
		.pointer = entry->pointer,
		.target = target(endpoint, type),
		.dtmf_answer = endpoint->dtmf_answer,
		.headers = endpoint->headers,
		.standard_headers = endpoint->standard_headers,
		.rate = endpoint->content_type ? content_rate(endpoint->content_type)
					       : DEFAULT_RATE,
		.authorization = endpoint->authorization.type,
		.authorization_value = endpoint->authorization.value,
		.answer_url = endpoint->answer_url,
		.answer_method = endpoint->answer_method,
		.shaken = endpoint->shaken,
	};
}

const char *endpoint_ringback(const struct entry *entry)
{
	return ((const struct endpoint *)entry)->ringback;
}
