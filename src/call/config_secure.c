/* What the configuration says about keys and certificates. The files are read here, so that `-t`
 * and a reload find what is wrong with them. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "call/config_check.h"
#include "http/jwt_verify.h"
#include "http/tls.h"

#define MAX_PEM 65536

const char *config_check_key(const char *text)
{
	if (!*text)
		return "must have at least one character";
	for (; *text; text++)
		if (*text <= ' ' || *text > '~')
			return "must be of visible ASCII characters";
	return NULL;
}

const char *config_check_public_key(const char *text)
{
	const char *error;
	struct jwt_key *key = jwt_key_new(text, &error);

	jwt_key_free(key);
	return key ? NULL : error;
}

/* scheme://host or scheme://host:port, as browsers send it. */
const char *config_check_origin(const char *text)
{
	const char *host = strstr(text, "://");

	if (strcmp(text, "*") == 0)
		return NULL;
	if (!host || host == text || !host[3] || strpbrk(host + 3, "/?#@*") ||
		config_check_key(text))
		return "must be * or an origin such as https://app.example.com";
	return NULL;
}

/* --- public keys --- */

static void add_text(char ***list, char *text)
{
	size_t count = 0;

	while ((*list)[count])
		count++;
	*list = xrealloc(*list, (count + 2) * sizeof(**list));
	(*list)[count] = text;
	(*list)[count + 1] = NULL;
}

static void read_public_key(struct option_load *load, struct json_object *table, const char *at,
	const char *path, struct config_application *application)
{
	struct json_object *where = config_blame(table, "public_key_file");
	const char *wrong;
	size_t length;
	char *text;
	int err = option_read_file(path, MAX_PEM, &text, &length);

	if (err < 0) {
		option_fault(load, where, at, "cannot read %s: %s", path,
			err == -EFBIG ? "larger than 64 KiB" : strerror(-err));
		return;
	}
	wrong = config_check_public_key(text);
	if (!wrong) {
		add_text(&application->public_keys, text);
		return;
	}
	option_fault(load, where, at, "%s %s", path, wrong);
	free(text);
}

static void read_public_keys(
	struct option_load *load, struct json_object *root, struct config *config)
{
	struct json_object *list = json_member(root, "applications");

	for (size_t i = 0; i < config->application_count; i++) {
		struct config_application *application = &config->applications[i];
		char at[64];

		snprintf(at, sizeof(at), "applications.%zu.public_key_file", i);
		/* An element that is no table has none. */
		for (char **path = application->public_key_files; path && *path; path++)
			read_public_key(
				load, json_object_array_get_idx(list, i), at, *path, application);
	}
}

/* --- API keys --- */

static void check_api_keys(
	struct option_load *load, struct json_object *root, const struct config *config)
{
	struct json_object *list = json_member(json_member(root, "api"), "keys");

	for (size_t i = 0; i < config->api.key_count; i++) {
		const struct config_api_key *key = &config->api.keys[i];
		char at[64];

		if (!key->application || config_application_by_id(config, key->application))
			continue;
		snprintf(at, sizeof(at), "api.keys.%zu.application", i);
		option_fault(load, config_blame(json_object_array_get_idx(list, i), "application"),
			at, "no application has the id \"%s\"", key->application);
	}
}

/* --- TLS --- */

static void check_tls(
	struct option_load *load, struct json_object *root, const struct config *config)
{
	struct tls_context *tls;
	char *error;

	if (!config->https_addr || !*config->https_addr)
		return;
	if (!config->ssl_certificate || !config->ssl_private_key) {
		option_fault(load, json_member(root, "https_addr"), "https_addr",
			"needs ssl_certificate and ssl_private_key");
		return;
	}
	tls = tls_context_new_server(config->ssl_certificate, config->ssl_private_key, &error);
	if (!tls) {
		option_fault(
			load, json_member(root, "ssl_certificate"), "ssl_certificate", "%s", error);
		free(error);
	}
	tls_context_free(tls);
}

void config_check_secure(struct option_load *load, struct json_object *root, struct config *config)
{
	check_api_keys(load, root, config);
	check_tls(load, root, config);
	read_public_keys(load, root, config);
}
