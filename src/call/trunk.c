#include "call/trunk.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/cidr.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/rate.h"

#define NUMBER_MAX 32

struct trunk {
	TAILQ_ENTRY(trunk) link;
	char *name, *dest, *username, *password, *outbound_proxy;
	char **prefixes; /* without + */
	struct cidr *inbound;
	size_t prefix_count, inbound_count;
	unsigned max_calls, calls;
	struct rate rate;
	struct sip_registration *registration;
	bool registered;
	bool retired; /* no longer configured: it lives until its calls are over */
};

TAILQ_HEAD(trunk_list, trunk);

struct trunks {
	struct sip_agent *agent;
	struct trunk_list list;
};

/* --- what is configured --- */

static void release_lists(struct trunk *trunk)
{
	for (size_t i = 0; i < trunk->prefix_count; i++)
		free(trunk->prefixes[i]);
	free(trunk->prefixes);
	free(trunk->inbound);
	trunk->prefixes = NULL;
	trunk->inbound = NULL;
	trunk->prefix_count = trunk->inbound_count = 0;
}

static struct trunk *trunk_free(struct trunk *trunk)
{
	sip_unregister(trunk->registration);
	if (trunk->password)
		explicit_bzero(trunk->password, strlen(trunk->password));
	release_lists(trunk);
	rate_release(&trunk->rate);
	free(trunk->name);
	free(trunk->dest);
	free(trunk->username);
	free(trunk->password);
	free(trunk->outbound_proxy);
	free(trunk);
	return NULL;
}

static const char *without_plus(const char *number)
{
	return *number == '+' ? number + 1 : number;
}

static size_t length_of(char *const *list)
{
	size_t count = 0;

	while (list[count])
		count++;
	return count;
}

static void take_lists(struct trunk *trunk, const struct config_trunk *config)
{
	size_t prefixes = length_of(config->prefixes), hosts = length_of(config->inbound_hosts);

	release_lists(trunk);
	trunk->prefixes = xcalloc(prefixes + 1, sizeof(*trunk->prefixes));
	for (size_t i = 0; i < prefixes; i++)
		trunk->prefixes[i] = xstrdup(without_plus(config->prefixes[i]));
	trunk->prefix_count = prefixes;
	trunk->inbound = xcalloc(hosts + 1, sizeof(*trunk->inbound));
	for (size_t i = 0; i < hosts; i++)
		cidr_parse(config->inbound_hosts[i], &trunk->inbound[i]);
	trunk->inbound_count = hosts;
}

static void on_register_status(void *arg, int status, const char *phrase, unsigned expires_s)
{
	struct trunk *trunk = arg;
	bool good = status >= 200 && status < 300;

	if (good && !trunk->registered)
		log_info(NULL, "trunk %s: registered for %u s", trunk->name, expires_s);
	else if (!good)
		log_warn(NULL, "trunk %s: not registered: %d %s", trunk->name, status, phrase);
	trunk->registered = good;
}

static void start_registration(struct trunk *trunk, struct sip_agent *agent)
{
	char *aor = sip_uri_with_user(trunk->dest, trunk->username);
	struct sip_account account = {
		.registrar = trunk->dest,
		.aor = aor,
		.auth_user = trunk->username,
		.password = trunk->password,
		.outbound_proxy = trunk->outbound_proxy,
	};

	trunk->registered = false;
	trunk->registration = sip_register(agent, &account, on_register_status, trunk);
	free(aor);
}

/* *slot becomes text; whether it was another. */
static bool replace(char **slot, const char *text)
{
	bool differs = *slot && text ? strcmp(*slot, text) != 0 : *slot != text;

	if (differs)
		xstrset(slot, text);
	return differs;
}

static void configure(
	struct trunk *trunk, const struct config_trunk *config, struct sip_agent *agent)
{
	bool changed = replace(&trunk->dest, config->dest);

	changed |= replace(&trunk->username, config->username);
	changed |= replace(&trunk->password, config->password);
	changed |= replace(&trunk->outbound_proxy, config->outbound_proxy);
	trunk->max_calls = config->max_calls;
	rate_set(&trunk->rate, config->max_cps);
	take_lists(trunk, config);
	if (trunk->registration && (changed || !config->registers))
		trunk->registration = sip_unregister(trunk->registration);
	if (config->registers && !trunk->registration)
		start_registration(trunk, agent);
}

static struct trunk *find(const struct trunk_list *list, const char *name)
{
	struct trunk *trunk;

	TAILQ_FOREACH (trunk, list, link) {
		if (strcmp(trunk->name, name) == 0)
			return trunk;
	}
	return NULL;
}

/* Its calls go on. */
static void retire(struct trunk *trunk)
{
	trunk->retired = true;
	trunk->registration = sip_unregister(trunk->registration);
	if (trunk->calls == 0)
		trunk_free(trunk);
}

static void retire_all(struct trunk_list *list)
{
	struct trunk *trunk;

	while ((trunk = TAILQ_FIRST(list))) {
		TAILQ_REMOVE(list, trunk, link);
		retire(trunk);
	}
}

void trunks_reload(struct trunks *trunks, const struct config *config)
{
	struct trunk_list old = TAILQ_HEAD_INITIALIZER(old);

	TAILQ_CONCAT(&old, &trunks->list, link);
	for (size_t i = 0; i < config->proxy.trunk_count; i++) {
		const struct config_trunk *wanted = &config->proxy.trunks[i];
		struct trunk *trunk = find(&old, wanted->name);

		if (trunk) {
			TAILQ_REMOVE(&old, trunk, link);
		} else {
			trunk = xcalloc(1, sizeof(*trunk));
			trunk->name = xstrdup(wanted->name);
		}
		TAILQ_INSERT_TAIL(&trunks->list, trunk, link);
		configure(trunk, wanted, trunks->agent);
	}
	retire_all(&old);
}

struct trunks *trunks_new(struct sip_agent *agent, const struct config *config)
{
	struct trunks *trunks = xcalloc(1, sizeof(*trunks));

	trunks->agent = agent;
	TAILQ_INIT(&trunks->list);
	trunks_reload(trunks, config);
	return trunks;
}

struct trunks *trunks_free(struct trunks *trunks)
{
	if (!trunks)
		return NULL;
	retire_all(&trunks->list);
	free(trunks);
	return NULL;
}

/* --- calls --- */

/* Digits, * and #, + before them; some countries write letters, we do not. */
static bool is_number(const char *text)
{
	const char *digits = without_plus(text);
	size_t length = strspn(digits, "0123456789*#");

	return length > 0 && length <= NUMBER_MAX && digits[length] == '\0';
}

/* 0: not allowed; else the better the higher. */
static size_t match(const struct trunk *trunk, const char *digits)
{
	size_t best = trunk->prefix_count == 0;

	for (size_t i = 0; i < trunk->prefix_count; i++) {
		size_t length = strlen(trunk->prefixes[i]);

		if (strncmp(trunk->prefixes[i], digits, length) == 0 && length + 1 > best)
			best = length + 1;
	}
	return best;
}

static bool has_room(struct trunk *trunk, uint64_t now)
{
	return (!trunk->max_calls || trunk->calls < trunk->max_calls) &&
	       rate_take(&trunk->rate, now);
}

/* The best of those that are allowed and worse than `below`; NULL: there is none. */
static struct trunk *next_best(const struct trunks *trunks, const char *digits, const char *name,
	const struct trunk *below)
{
	size_t limit = below ? match(below, digits) : SIZE_MAX, best_score = 0;
	struct trunk *trunk, *best = NULL;
	bool behind = !below;

	TAILQ_FOREACH (trunk, &trunks->list, link) {
		size_t score = match(trunk, digits);
		bool eligible = score < limit || (behind && score == limit);

		behind = behind || trunk == below;
		if ((name && strcmp(trunk->name, name) != 0) || !eligible || score <= best_score)
			continue;
		best_score = score;
		best = trunk;
	}
	return best;
}

int trunk_take(struct trunks *trunks, const char *number, const char *name,
	struct trunk **ret_trunk, const char **ret_reason)
{
	const char *digits = without_plus(number);
	uint64_t now = clock_mono();
	struct trunk *trunk;

	if (!is_number(number)) {
		*ret_reason = "this is not a telephone number";
		return -EINVAL;
	}
	if (name ? !find(&trunks->list, name) : TAILQ_EMPTY(&trunks->list)) {
		*ret_reason = name ? "there is no trunk of this name" : "there is no trunk";
		return -ENOENT;
	}
	trunk = next_best(trunks, digits, name, NULL);
	if (!trunk) {
		*ret_reason = name ? "the trunk may not call this number"
				   : "no trunk may call this number";
		return -EACCES;
	}
	while (trunk && !has_room(trunk, now))
		trunk = next_best(trunks, digits, name, trunk);
	if (!trunk) {
		*ret_reason = "all trunks to this number are busy";
		return -EBUSY;
	}
	trunk->calls++;
	*ret_trunk = trunk;
	return 0;
}

void trunk_give_back(struct trunk *trunk)
{
	if (trunk && --trunk->calls == 0 && trunk->retired)
		trunk_free(trunk);
}

const char *trunk_name(const struct trunk *trunk)
{
	return trunk->name;
}

char *trunk_uri(const struct trunk *trunk, const char *number)
{
	return sip_uri_with_user(trunk->dest, number);
}

void trunk_fill(const struct trunk *trunk, struct sip_dial *dial)
{
	dial->auth_user = trunk->username;
	dial->password = trunk->password;
	dial->outbound_proxy = trunk->outbound_proxy;
}

const struct trunk *trunk_of_source(const struct trunks *trunks, const char *ip)
{
	struct trunk *trunk;

	TAILQ_FOREACH (trunk, &trunks->list, link) {
		for (size_t i = 0; i < trunk->inbound_count; i++) {
			if (cidr_contains(&trunk->inbound[i], ip))
				return trunk;
		}
	}
	return NULL;
}
