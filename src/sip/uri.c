/* SIP URIs as people write them. */
#include "sip/agent_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"

#define MAX_URI 512

/* What has a meaning around a user part. sofia itself escapes what may stand in no URI. */
#define USER_RESERVED "@:;?,/"

static int refuse(char **ret_error, const char *uri, const char *what)
{
	*ret_error = xasprintf("\"%s\": %s", uri, what);
	return -EINVAL;
}

static const char *scheme_end(const char *uri)
{
	if (strncasecmp(uri, "sip:", 4) == 0)
		return uri + 4;
	if (strncasecmp(uri, "sips:", 5) == 0)
		return uri + 5;
	return NULL;
}

static bool printable(const char *text)
{
	for (; *text; text++) {
		if (*text <= 0x20 || *text == 0x7f || strchr("<>\"", *text))
			return false;
	}
	return true;
}

static bool port_is_good(const char *port)
{
	unsigned long value = 0;

	if (!*port || strlen(port) > 5)
		return false;
	for (; *port; port++) {
		if (*port < '0' || *port > '9')
			return false;
		value = value * 10 + (unsigned long)(*port - '0');
	}
	return value > 0 && value <= 65535;
}

static int check_parts(const char *uri, const url_t *url, char **ret_error)
{
	char transport[16];

	if (!url->url_host || !*url->url_host)
		return refuse(ret_error, uri, "the host is missing; write sip:user@host");
	if (url->url_port && !port_is_good(url->url_port))
		return refuse(ret_error, uri, "the port must be a number from 1 to 65535");
	if (url->url_params &&
		url_param(url->url_params, "transport", transport, sizeof(transport)) > 0 &&
		strcasecmp(transport, "udp") && strcasecmp(transport, "tcp") &&
		strcasecmp(transport, "tls") && strcasecmp(transport, "ws") &&
		strcasecmp(transport, "wss"))
		return refuse(ret_error, uri, "transport must be udp, tcp, tls, ws or wss");
	return 0;
}

int sip_uri_check(const char *uri, char **ret_error)
{
	su_home_t home[1] = {SU_HOME_INIT(home)};
	const char *rest;
	url_t *url;
	int error;

	if (!uri || !*uri)
		return refuse(ret_error, "", "a SIP URI is missing; write sip:user@host");
	if (strlen(uri) > MAX_URI)
		return refuse(ret_error, "...", "a SIP URI has at most 512 characters");
	if (!printable(uri))
		return refuse(ret_error, uri, "blanks, quotes and < > cannot stand in a SIP URI");
	rest = scheme_end(uri);
	if (!rest) {
		*ret_error = xasprintf("\"%s\": it must begin with sip:; write sip:%s", uri, uri);
		return -EINVAL;
	}
	if (scheme_end(rest)) {
		*ret_error = xasprintf("\"%s\": sip: stands twice; write %s", uri, rest);
		return -EINVAL;
	}
	url = url_make(home, uri);
	error = url ? check_parts(uri, url, ret_error)
		    : refuse(ret_error, uri, "this is not a SIP URI; write sip:user@host");
	su_home_deinit(home);
	return error;
}

bool sip_uri_sendable(const char *uri)
{
	struct sip_target target;

	return target_parse(uri, &target);
}

char *sip_uri_with_user(const char *uri, const char *user)
{
	const char *rest = scheme_end(uri), *at;
	char *escaped = xmalloc(3 * strlen(user) + 1), *result;

	url_escape(escaped, user, USER_RESERVED);
	at = rest ? strchr(rest, '@') : NULL;
	result = xasprintf("%.*s%s@%s", rest ? (int)(rest - uri) : 0, uri, escaped,
		at     ? at + 1
		: rest ? rest
		       : uri);
	free(escaped);
	return result;
}

int refer_target_check(const char *uri)
{
	char *error = NULL;
	int status;

	if (strncasecmp(uri, "tel:", 4) == 0)
		return uri[4] && strlen(uri) <= MAX_URI && printable(uri) ? 0 : -EINVAL;
	status = sip_uri_check(uri, &error);
	free(error);
	return status;
}
