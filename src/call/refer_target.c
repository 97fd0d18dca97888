#include "call/refer_target.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "call/endpoint.h"
#include "call/location.h"
#include "call/number.h"
#include "call/route.h"

#define HOST_SIZE 256

/* "example.com" and "5070" of sip:bob@example.com:5070;x. False: there is no host. */
static bool split_host(const char *uri, char host[HOST_SIZE], char port[8])
{
	const char *start = strchr(uri, ':'), *at = strchr(uri, '@'), *colon;
	size_t length;

	if (!start)
		return false;
	start = at ? at + 1 : start + 1;
	length = *start == '[' ? strcspn(start, "]") + 1 : strcspn(start, ":;?>");
	if (length == 0 || length >= HOST_SIZE)
		return false;
	snprintf(host, HOST_SIZE, "%.*s", (int)length, start);
	colon = start + length;
	snprintf(port, 8, "%.*s", (int)(*colon == ':' ? strcspn(colon + 1, ";?>") : 0),
		*colon == ':' ? colon + 1 : "");
	return true;
}

static bool same_host(const char *a, const char *b)
{
	size_t length = strlen(a);

	if (*a == '[' && length > 2) /* an address without its brackets is the same */
		return strncasecmp(a + 1, b, length - 2) == 0 && b[length - 2] == '\0';
	return strcasecmp(a, b) == 0;
}

static bool is_ours(const struct refer_own *own, const char *host, const char *port)
{
	unsigned long number = strtoul(port, NULL, 10);

	if (*port && number != own->ports[0] && number != own->ports[1])
		return false; /* somebody else on the same machine, or behind the same NAT */
	for (const char *const *ours = own->hosts; *ours; ours++) {
		if (same_host(host, *ours))
			return true;
	}
	return false;
}

/* "sip:*@example.com", "sip:bob@example.com:5070": another port than the pattern's is another
 * place, without one any will do. */
static bool uri_matches(const char *pattern, const char *uri, const char *user)
{
	char host[HOST_SIZE], port[8], wanted_host[HOST_SIZE], wanted_port[8], *wanted_user;
	bool matches;

	if (strncasecmp(pattern, "sip:", 4) != 0 ||
		!split_host(pattern, wanted_host, wanted_port) || !split_host(uri, host, port))
		return false;
	if (strcasecmp(host, wanted_host) != 0 ||
		(*wanted_port && strcmp(wanted_port, *port ? port : "5060") != 0))
		return false;
	if (strncmp(pattern + 4, "*@", 2) == 0)
		return true;
	wanted_user = endpoint_user(&(struct ncco_endpoint){.type = NCCO_SIP, .target = pattern});
	matches = strcmp(wanted_user, user) == 0;
	free(wanted_user);
	return matches;
}

static bool allowed(const struct config_application *app, const char *uri, const char *user)
{
	for (char **pattern = app ? app->refer_targets : NULL; pattern && *pattern; pattern++) {
		if (uri ? uri_matches(*pattern, uri, user) : number_matches(*pattern, user) > 0)
			return true;
	}
	return false;
}

/* Of "tel:+44-20-7946;phone-context=x" its digits. malloc'd. */
static char *tel_number(const char *uri)
{
	char *number = xstrdup(uri + 4), *out = number;

	number[strcspn(number, ";?")] = '\0';
	for (const char *p = number; *p; p++) {
		if (!strchr("-.()", *p))
			*out++ = *p;
	}
	*out = '\0';
	return number;
}

static bool is_number(const char *user)
{
	return *user && user[strspn(user, "0123456789*#")] == '\0';
}

static int read_own(const struct config *config, const struct config_application *app,
	const char *user, struct refer_target *ret_target)
{
	enum ncco_endpoint_type type = NCCO_PHONE;

	if (!allowed(app, NULL, user))
		return 403;
	if (location_find(config, user))
		type = NCCO_APP;
	else if (!is_number(user))
		return 404;
	*ret_target = (struct refer_target){type, xstrdup(user)};
	return 0;
}

int refer_target_read(const struct config *config, const struct config_application *app,
	const struct refer_own *own, const char *uri, struct refer_target *ret_target)
{
	bool tel = strncasecmp(uri, "tel:", 4) == 0;
	char host[HOST_SIZE], port[8], *user;
	int status;

	if (!tel && !split_host(uri, host, port))
		return 400;
	user = tel ? tel_number(uri)
		   : endpoint_user(&(struct ncco_endpoint){.type = NCCO_SIP, .target = uri});
	if (tel || is_ours(own, host, port)) {
		status = read_own(config, app, route_plain_number(user), ret_target);
	} else if (allowed(app, uri, user)) {
		*ret_target = (struct refer_target){NCCO_SIP, xstrdup(uri)};
		status = 0;
	} else {
		status = 403;
	}
	free(user);
	return status;
}
