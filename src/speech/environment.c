#include "speech/environment.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"

#define OURS	      "NCCO_"
#define OPTION_PREFIX "NCCO_OPT_"

static void put(struct environment *e, char *variable)
{
	size_t name = strcspn(variable, "=") + 1;

	for (size_t i = 0; i < e->count; i++) {
		if (strncmp(e->variables[i], variable, name) != 0)
			continue;
		free(e->variables[i]);
		e->variables[i] = variable;
		return;
	}
	e->variables = xrealloc(e->variables, (e->count + 2) * sizeof(*e->variables));
	e->variables[e->count++] = variable;
	e->variables[e->count] = NULL;
}

void environment_add(struct environment *e, const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		abort();
	va_end(args);
	put(e, text);
}

void environment_add_option(struct environment *e, const char *key, const char *text)
{
	char *variable = xasprintf(OPTION_PREFIX "%s=%s", key, text);

	for (char *c = variable + strlen(OPTION_PREFIX); *c != '='; c++)
		*c = *c == '-' ? '_' : (char)toupper((unsigned char)*c);
	put(e, variable);
}

void environment_add_options(struct environment *e, struct json_object *options)
{
	if (!options)
		return;
	json_object_object_foreach (options, name, value) {
		environment_add_option(e, name, json_object_get_string(value));
	}
}

char **environment_list(struct environment *e)
{
	size_t told = e->count, ours = 0;

	for (char **v = environ; *v; v++)
		ours++;
	e->variables = xrealloc(e->variables, (told + ours + 1) * sizeof(*e->variables));
	for (char **v = environ; *v; v++) {
		if (strncmp(*v, OURS, strlen(OURS)) != 0)
			e->variables[e->count++] = xstrdup(*v);
	}
	e->variables[e->count] = NULL;
	return e->variables;
}

void environment_release(struct environment *e)
{
	for (size_t i = 0; i < e->count; i++)
		free(e->variables[i]);
	free(e->variables);
	*e = (struct environment)ENVIRONMENT_INIT;
}
