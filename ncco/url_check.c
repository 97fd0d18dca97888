#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "ncco/verb.h"

/* Length of the scheme that a URL starts with, 0: it is relative. RFC 3986 section 3.1. */
static size_t scheme_length(const char *url)
{
	size_t i = 0;

	if (!isalpha((unsigned char)url[0]))
		return 0;
	while (isalnum((unsigned char)url[i]) || (url[i] && strchr("+-.", url[i])))
		i++;
	return url[i] == ':' ? i : 0;
}

static const char *port_fault(const char *port, size_t length)
{
	unsigned long number = 0;

	if (length > 5)
		return "has a port out of range";
	for (size_t i = 0; i < length; i++) {
		if (!isdigit((unsigned char)port[i]))
			return "has a port that is not a number";
		number = number * 10 + (unsigned long)(port[i] - '0');
	}
	return length > 0 && (number == 0 || number > 65535) ? "has a port out of range" : NULL;
}

/* What follows "//": [userinfo "@"] host [":" port], RFC 3986 section 3.2. */
static const char *authority_fault(const char *authority)
{
	size_t length = strcspn(authority, "/?#");
	const char *end = authority + length, *host = authority, *colon;

	for (const char *c = authority; c < end; c++)
		if (*c == '@')
			host = c + 1;
	if (host < end && *host == '[') {
		colon = memchr(host, ']', (size_t)(end - host));
		if (!colon || colon == host + 1)
			return "has a broken IPv6 address";
		colon++;
		if (colon < end && *colon != ':')
			return "has a broken IPv6 address";
	} else {
		colon = memchr(host, ':', (size_t)(end - host));
		if (!colon)
			colon = end;
	}
	if (colon == host)
		return "has no host";
	return colon < end ? port_fault(colon + 1, (size_t)(end - colon - 1)) : NULL;
}

/* "file:" and a name below the media root, which is no URL of RFC 8089: there is no host, and
 * whether the name stays below the root is known when the file is opened. */
static const char *file_fault(const char *name)
{
	return *name && *name != '/' ? NULL : "must name a file below the media root: file:NAME";
}

const char *url_fault(const char *url, bool media)
{
	bool file = media && strncmp(url, "file:", 5) == 0;
	size_t scheme = file ? 0 : scheme_length(url);

	if (!*url)
		return "must not be empty";
	if (strlen(url) > NCCO_MAX_URL)
		return "is longer than 2048 bytes";
	for (const char *c = url; *c; c++) {
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			return "has a control character";
		if (*c == ' ' && (!media || scheme))
			return "has a space; write %20";
	}
	if (file)
		return file_fault(url + 5);
	if (scheme == 0)
		return strncmp(url, "//", 2) == 0 ? authority_fault(url + 2) : NULL;
	if ((scheme != 4 || strncasecmp(url, "http", 4) != 0) &&
		(scheme != 5 || strncasecmp(url, "https", 5) != 0))
		return "must be an http or https URL";
	if (strncmp(url + scheme, "://", 3) != 0)
		return "must have // behind its scheme";
	return authority_fault(url + scheme + 3);
}
