#include "http/freshness.h"

#include <ctype.h>
#include <curl/curl.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/clock.h"
#include "base/json.h"

#define DEFAULT_FRESH (60 * USEC_PER_SEC)
#define DEFAULT_STALE (24 * 3600 * USEC_PER_SEC)
#define MAX_SECONDS   UINT64_C(31536000) /* a year */

struct directives {
	bool no_store, no_cache, must_revalidate, has_max_age, has_stale;
	uint64_t max_age, stale; /* seconds */
};

/* delta-seconds (RFC 9111 section 1.2.2); what is no number counts as 0, that is stale. */
static uint64_t seconds(const char *s)
{
	uint64_t value = 0;

	if (*s == '"')
		s++;
	for (; isdigit((unsigned char)*s); s++) {
		value = value * 10 + (uint64_t)(*s - '0');
		if (value > MAX_SECONDS)
			value = MAX_SECONDS;
	}
	return value;
}

static void read_directive(struct directives *d, const char *s, size_t length)
{
	size_t name = 0;
	const char *value;

	while (name < length && s[name] != '=' && !isspace((unsigned char)s[name]))
		name++;
	value = s + name + strspn(s + name, "= \t");
	if (name == 8 && strncasecmp(s, "no-store", 8) == 0) {
		d->no_store = true;
	} else if (name == 8 && strncasecmp(s, "no-cache", 8) == 0) {
		d->no_cache = true;
	} else if (name == 15 && strncasecmp(s, "must-revalidate", 15) == 0) {
		d->must_revalidate = true;
	} else if (name == 7 && strncasecmp(s, "max-age", 7) == 0) {
		d->has_max_age = true;
		d->max_age = seconds(value);
	} else if (name == 14 && strncasecmp(s, "stale-if-error", 14) == 0) {
		d->has_stale = true;
		d->stale = seconds(value);
	}
}

static struct directives read_directives(const char *s)
{
	struct directives d = {0};
	size_t length;

	while (*s) {
		s += strspn(s, ", \t");
		length = strcspn(s, ",");
		read_directive(&d, s, length);
		s += length;
	}
	return d;
}

/* Seconds from Date (or now) to Expires; a date that cannot be read is in the past. */
static uint64_t expires_in(struct json_object *headers, uint64_t wall)
{
	time_t expires = curl_getdate(json_text(headers, "expires", ""), NULL);
	time_t date = curl_getdate(json_text(headers, "date", ""), NULL);
	uint64_t left;

	if (date < 0)
		date = (time_t)(wall / USEC_PER_SEC);
	if (expires <= date)
		return 0;
	left = (uint64_t)(expires - date);
	return left > MAX_SECONDS ? MAX_SECONDS : left;
}

struct freshness freshness_of(struct json_object *headers, uint64_t wall)
{
	struct directives d = read_directives(json_text(headers, "cache-control", ""));
	uint64_t age = seconds(json_text(headers, "age", "")) * USEC_PER_SEC;
	struct freshness f = {.store = !d.no_store, .fresh_us = DEFAULT_FRESH};

	if (d.no_cache)
		f.fresh_us = 0;
	else if (d.has_max_age)
		f.fresh_us = d.max_age * USEC_PER_SEC;
	else if (json_member(headers, "expires"))
		f.fresh_us = expires_in(headers, wall) * USEC_PER_SEC;
	if (d.no_cache || d.has_max_age || json_member(headers, "expires"))
		f.fresh_us -= age < f.fresh_us ? age : f.fresh_us;
	if (!d.no_cache && !d.must_revalidate)
		f.stale_us = d.has_stale ? d.stale * USEC_PER_SEC : DEFAULT_STALE;
	return f;
}
