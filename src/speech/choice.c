#include "speech/choice.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "speech/adapter.h"

static char *config_error(const struct choice_config *config)
{
	struct stat st;

	if (!config->dir || stat(config->dir, &st) < 0 || !S_ISDIR(st.st_mode))
		return xasprintf("no directory of speech adapters: %s",
			config->dir ? config->dir : "(none)");
	if (!adapter_name_ok(config->adapter))
		return xasprintf("bad name of a speech adapter: %s", config->adapter);
	for (const char *const *f = config->fallback; f && *f; f++) {
		if (!adapter_name_ok(*f))
			return xasprintf("bad name of a speech adapter: %s", *f);
		if (f - config->fallback >= CHOICE_MAX - 1)
			return xstrdup("too many fallback speech adapters");
	}
	return NULL;
}

/* The number of those that are there. */
static size_t set_order(struct choice *choice, const struct choice_config *config)
{
	size_t found = 0;

	choice->order[choice->count++] = xstrdup(config->adapter);
	for (const char *const *f = config->fallback; f && *f; f++)
		choice->order[choice->count++] = xstrdup(*f);
	for (size_t i = 0; i < choice->count; i++)
		found += roster_find(choice->roster, choice->order[i]) != NULL;
	for (size_t i = 0; i < choice->count && found; i++) {
		if (!roster_find(choice->roster, choice->order[i]))
			log_warn(NULL, "no speech adapter %s in %s", choice->order[i], config->dir);
	}
	return found;
}

int choice_init(struct choice *choice, const struct choice_config *config, char **ret_error)
{
	const struct breaker_rules rules = {.failures = config->breaker_failures,
		.rest_us = config->breaker_seconds * USEC_PER_SEC};
	char *error = config_error(config), *real;

	*choice = (struct choice){0};
	if (error) {
		*ret_error = error;
		return -1;
	}
	real = realpath(config->dir, NULL);
	choice->roster = roster_new(real ? real : config->dir, &rules);
	free(real);
	if (set_order(choice, config) > 0)
		return 0;
	*ret_error = xasprintf("no speech adapter %s in %s", config->adapter, config->dir);
	choice_release(choice);
	return -1;
}

void choice_release(struct choice *choice)
{
	for (size_t i = 0; i < choice->count; i++)
		free(choice->order[i]);
	roster_free(choice->roster);
	*choice = (struct choice){0};
}

char *choice_name(const struct choice *choice, const char *written)
{
	char *name = xstrdup(written);

	if (!name || roster_find(choice->roster, name))
		return name;
	for (char *c = name; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	return name;
}

void choice_add_options(const struct choice *choice, struct roster_entry *entry,
	struct json_object *configured, struct json_object *script, int cancel_fd,
	struct environment *e)
{
	environment_add_options(e, configured);
	if (!script)
		return;
	json_object_object_foreach (script, name, value) {
		if (roster_takes_option(choice->roster, entry, name, cancel_fd))
			environment_add_option(e, name, json_object_get_string(value));
	}
}
