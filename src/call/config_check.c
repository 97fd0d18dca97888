/* What values of the configuration must be, and questions to a loaded one. */
#include "call/config_check.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cidr.h"
#include "base/mem.h"
#include "call/number.h"
#include "http/server.h"
#include "sip/agent.h"

#define URL_BYTES 8192

const char *config_check_filled(const char *text)
{
	return *text ? NULL : "must have at least one character";
}

const char *config_check_ip(const char *text)
{
	unsigned char address[sizeof(struct in6_addr)];

	if (inet_pton(AF_INET, text, address) == 1 || inet_pton(AF_INET6, text, address) == 1)
		return NULL;
	return "must be an IP address";
}

/* Port 0: one that the kernel chooses. */
const char *config_check_http_addr(const char *text)
{
	char host[HTTP_HOST_SIZE];
	uint16_t port;
	bool loopback;

	if (!*text || http_address_read(text, host, &port, &loopback) == 0)
		return NULL;
	return "must be an IP address and a port as 127.0.0.1:8080 or [::1]:8080, or empty";
}

static bool has_control(const char *text, unsigned char first_allowed)
{
	for (; *text; text++)
		if ((unsigned char)*text < first_allowed || *text == 0x7f)
			return true;
	return false;
}

const char *config_check_url(const char *text)
{
	const char *host = NULL;

	if (strncasecmp(text, "http://", 7) == 0)
		host = text + 7;
	else if (strncasecmp(text, "https://", 8) == 0)
		host = text + 8;
	if (!host || !*host || strchr("/?#:", *host))
		return "must be a URL that begins with http:// or https:// and a host";
	if (has_control(text, '!'))
		return "must be a URL without spaces and control characters";
	return strlen(text) > URL_BYTES ? "must be a URL of at most 8192 bytes" : NULL;
}

const char *config_check_number(const char *text)
{
	const char *star = strchr(text, '*');

	if (!*text || strcmp(text, "+") == 0 || has_control(text, '!') || (star && star[1]))
		return "must be a number or user name, with * at its end for a prefix";
	return NULL;
}

const char *config_check_refer_target(const char *text)
{
	const char *at = strchr(text, '@'), *fault;
	char *error = NULL;
	bool good;

	if (strncasecmp(text, "sip:", 4) != 0)
		return config_check_number(text) ? "must be a number or user name, with * at its "
						   "end for a prefix, or a SIP URI as sip:*@host"
						 : NULL;
	good = at && at[1] && sip_uri_check(text, &error) == 0;
	fault = good ? NULL : "must be a SIP URI as sip:user@host, with * for any user";
	free(error);
	return fault;
}

const char *config_check_header(const char *text)
{
	return has_control(text, ' ') ? "must be a header value without control characters" : NULL;
}

const char *config_check_line(const char *text)
{
	return has_control(text, ' ') ? "must be text without control characters" : NULL;
}

const char *config_check_sip_uri(const char *text)
{
	char *error = NULL;
	bool good = sip_uri_check(text, &error) == 0 && sip_uri_sendable(text);

	free(error);
	return good ? NULL : "must be a SIP URI as sip:host:5060, over UDP or ;transport=tcp";
}

const char *config_check_network(const char *text)
{
	struct cidr cidr;

	if (cidr_parse(text, &cidr))
		return NULL;
	return "must be an IP address or a network as 198.51.100.0/24";
}

const char *config_check_name_server(const char *text)
{
	char host[HTTP_HOST_SIZE];
	uint16_t port;
	bool loopback;

	if (!config_check_ip(text) ||
		(http_address_read(text, host, &port, &loopback) == 0 && port != 0))
		return NULL;
	return "must be an IP address, or one and a port as 192.0.2.1:53 or [2001:db8::1]:53";
}

const char *config_check_prefix(const char *text)
{
	size_t plus = *text == '+', digits = strspn(text + plus, "0123456789");

	if (digits && !text[plus + digits])
		return NULL;
	return "must be the first digits of a number, with or without + before them";
}

const char *config_check_database(const char *text)
{
	static const char scheme[] = "sqlite://";
	size_t length = sizeof(scheme) - 1;

	if (strncmp(text, scheme, length) != 0 || !text[length] || strpbrk(text, "?#"))
		return "must be sqlite:// and a path, such as sqlite:///var/lib/nccod/nccod.db";
	return NULL;
}

const char *config_check_adapter(const char *text)
{
	if (!*text || *text == '.' || strchr(text, '/') || has_control(text, ' '))
		return "must be the name of a program among the adapters";
	return NULL;
}

struct json_object *config_blame(struct json_object *table, const char *key)
{
	struct json_object *value = json_member(table, key);

	return value ? value : table;
}

static void check_ports(
	struct option_load *load, struct json_object *root, const struct config *config)
{
	struct json_object *end = json_member(root, "rtp_end_port");

	if (config->rtp_end_port >= config->rtp_start_port)
		return;
	option_fault(load, end ? end : config_blame(root, "rtp_start_port"),
		end ? "rtp_end_port" : "rtp_start_port",
		"the ports from %u to %u are none: rtp_end_port is below rtp_start_port",
		config->rtp_start_port, config->rtp_end_port);
}

/* Texts that each element of a list of tables has for itself. */
struct names {
	struct json_object *list;
	const char *path, *key;
	const void *first; /* the member of the first element: char ** */
	size_t count, stride;
};

static const char *name_at(const struct names *names, size_t index)
{
	return *(char *const *)((const char *)names->first + index * names->stride);
}

static void check_unique(struct option_load *load, const struct names *names)
{
	for (size_t i = 1; i < names->count; i++) {
		const char *name = name_at(names, i);

		for (size_t j = 0; name && j < i; j++) {
			const char *earlier = name_at(names, j);
			char at[64];

			if (!earlier || strcmp(name, earlier) != 0)
				continue;
			snprintf(at, sizeof(at), "%s.%zu.%s", names->path, i, names->key);
			option_fault(load,
				config_blame(json_object_array_get_idx(names->list, i), names->key),
				at, "\"%s\" is taken by %s.%zu", name, names->path, j);
			break;
		}
	}
}

static bool is_option_name(const char *name)
{
	return *name && !name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
					   "0123456789_-")];
}

/* [tts.options.NAME], [asr.options.NAME]: NAME is an adapter's, and the keys become names of
 * variables. */
static void check_adapter_options(struct option_load *load, struct json_object *root,
	const char *section, struct json_object *options)
{
	struct json_object *written = json_member(json_member(root, section), "options");

	if (!options)
		return;
	json_object_object_foreach (options, adapter, map) {
		char *path = xasprintf("%s.options.%s", section, adapter);

		if (config_check_adapter(adapter))
			option_fault(load, json_member(written, adapter), path,
				"must be named as a program in %s.adapters", section);
		if (map) {
			json_object_object_foreach (map, name, value) {
				(void)value;
				if (!is_option_name(name))
					option_fault(load,
						json_member(json_member(written, adapter), name),
						path, "\"%s\" must be of letters, digits, _ and -",
						name);
			}
		}
		free(path);
	}
}

static void check_ids(
	struct option_load *load, struct json_object *root, const struct config *config)
{
	if (config->application_count)
		check_unique(
			load, &(struct names){json_member(root, "applications"), "applications",
				      "id", &config->applications->id, config->application_count,
				      sizeof(*config->applications)});
}

static void check_trunk(struct option_load *load, struct json_object *table, size_t index,
	const struct config_trunk *trunk)
{
	struct json_object *prefixes = json_member(table, "prefixes");
	const char *key = NULL, *why = NULL;
	char path[64];

	if (prefixes && json_object_is_type(prefixes, json_type_array) &&
		json_object_array_length(prefixes) == 0) {
		key = "prefixes";
		why = "allows no number at all: leave it out, or name some";
	} else if (trunk->registers && !trunk->username) {
		key = "register";
		why = "needs a username";
	} else if (trunk->password && !trunk->username) {
		key = "password";
		why = "needs a username";
	}
	if (!key)
		return;
	snprintf(path, sizeof(path), "proxy.trunks.%zu.%s", index, key);
	option_fault(load, config_blame(table, key), path, "%s", why);
}

static void check_trunks(
	struct option_load *load, struct json_object *root, const struct config *config)
{
	struct json_object *list = json_member(json_member(root, "proxy"), "trunks");

	if (config->proxy.trunk_count)
		check_unique(load,
			&(struct names){list, "proxy.trunks", "name", &config->proxy.trunks->name,
				config->proxy.trunk_count, sizeof(*config->proxy.trunks)});
	for (size_t i = 0; i < config->proxy.trunk_count; i++)
		check_trunk(load, json_object_array_get_idx(list, i), i, &config->proxy.trunks[i]);
}

void config_check(struct option_load *load, struct json_object *root, const struct config *config)
{
	const char *wanted = config->default_application;

	check_ports(load, root, config);
	check_ids(load, root, config);
	check_adapter_options(load, root, "tts", config->tts.options);
	check_adapter_options(load, root, "asr", config->asr.options);
	check_trunks(load, root, config);
	if (wanted && !config_application_by_id(config, wanted))
		option_fault(load, json_member(root, "default_application"), "default_application",
			"no application has the id \"%s\"", wanted);
	if (!config->proxy.http_router.url &&
		json_member(json_member(root, "proxy"), "http_router"))
		option_fault(load, json_member(json_member(root, "proxy"), "http_router"),
			"proxy.http_router.url", "is missing");
}

const struct config_application *config_application_by_id(
	const struct config *config, const char *id)
{
	for (size_t i = 0; i < config->application_count; i++)
		if (config->applications[i].id && strcmp(config->applications[i].id, id) == 0)
			return &config->applications[i];
	return NULL;
}

bool config_same_application(const struct config_application *a, const struct config_application *b)
{
	return a == b || (a && b && strcmp(a->id, b->id) == 0);
}

const struct config_application *config_application_by_number(
	const struct config *config, const char *called)
{
	const struct config_application *best = NULL;
	size_t best_score = 0;

	for (size_t i = 0; i < config->application_count; i++) {
		for (char **number = config->applications[i].numbers; number && *number; number++) {
			size_t score = number_matches(*number, called);

			if (score > best_score) {
				best_score = score;
				best = &config->applications[i];
			}
		}
	}
	return best;
}

static bool is_loopback(const char *text)
{
	struct in_addr v4;
	struct in6_addr v6;

	if (inet_pton(AF_INET, text, &v4) == 1)
		return (ntohl(v4.s_addr) >> 24) == 127;
	if (inet_pton(AF_INET6, text, &v6) != 1)
		return false;
	return IN6_IS_ADDR_LOOPBACK(&v6) || (IN6_IS_ADDR_V4MAPPED(&v6) && v6.s6_addr[12] == 127);
}

/* True without a server, too. */
static bool http_on_loopback(const char *address)
{
	char host[HTTP_HOST_SIZE];
	uint16_t port;
	bool loopback = true;

	return !address || http_address_read(address, host, &port, &loopback) < 0 || loopback;
}

bool config_private_networks(const struct config *config)
{
	if (config->limits.fetch_private_networks >= 0)
		return config->limits.fetch_private_networks != 0;
	return is_loopback(config->proxy.addr) && http_on_loopback(config->http_addr) &&
	       http_on_loopback(config->https_addr);
}
