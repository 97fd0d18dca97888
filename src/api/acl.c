/* What a token restricts itself to. */
#include <string.h>

#include "api/caller.h"

/* The length of the segment at `path`, which begins with '/'; 0 at the end. */
static size_t segment(const char *path)
{
	return *path == '/' ? strcspn(path + 1, "/") + 1 : 0;
}

static bool is(const char *pattern, size_t length, const char *what)
{
	return length == strlen(what) && memcmp(pattern, what, length) == 0;
}

/* A pattern's segment "*" is any one, "**" any number of them, as few as will do: when it goes
 * wrong later, the last of these takes one more. */
static bool path_fits(const char *pattern, const char *path)
{
	const char *after = NULL, *taken = NULL;

	while (*path) {
		size_t wanted = segment(pattern), have = segment(path);

		if (have == 0)
			return false;
		if (is(pattern, wanted, "/**")) {
			after = pattern += wanted;
			taken = path;
		} else if (wanted &&
			   (is(pattern, wanted, "/*") ||
				   (wanted == have && memcmp(pattern, path, have) == 0))) {
			pattern += wanted;
			path += have;
		} else if (after) {
			pattern = after;
			path = taken += segment(taken);
		} else {
			return false;
		}
	}
	while (is(pattern, segment(pattern), "/**"))
		pattern += segment(pattern);
	return !*pattern;
}

static bool method_allowed(struct json_object *rule, const char *method)
{
	struct json_object *methods = json_member(rule, "methods");

	if (!methods)
		return true;
	if (!json_object_is_type(methods, json_type_array))
		return false;
	for (size_t i = 0; i < json_object_array_length(methods); i++) {
		const char *name = json_object_get_string(json_object_array_get_idx(methods, i));

		if (name && strcmp(name, method) == 0)
			return true;
	}
	return false;
}

bool acl_allows(struct json_object *acl, const char *method, const char *path)
{
	struct json_object *paths = json_member(acl, "paths");

	if (!json_object_is_type(paths, json_type_object))
		return false;
	json_object_object_foreach (paths, pattern, rule) {
		if (path_fits(pattern, path) && method_allowed(rule, method))
			return true;
	}
	return false;
}
