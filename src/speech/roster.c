#include "speech/roster.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "speech/adapter.h"

#define CAPABILITIES_TIMEOUT_MS 2000
#define CAPABILITIES_BYTES	4096

struct roster_entry {
	TAILQ_ENTRY(roster_entry) link;
	char *name, *path;
	char *capabilities; /* words with a blank before and behind each; NULL: not asked yet */
	struct breaker breaker;
};

struct roster {
	char *dir;
	struct breaker_rules rules;
	pthread_mutex_t lock; /* guards the list and what is in the entries */
	TAILQ_HEAD(roster_list, roster_entry) entries;
};

struct roster *roster_new(const char *dir, const struct breaker_rules *rules)
{
	struct roster *roster = xcalloc(1, sizeof(*roster));

	roster->dir = xstrdup(dir);
	roster->rules = *rules;
	pthread_mutex_init(&roster->lock, NULL);
	TAILQ_INIT(&roster->entries);
	return roster;
}

struct roster *roster_free(struct roster *roster)
{
	struct roster_entry *entry;

	if (!roster)
		return NULL;
	while ((entry = TAILQ_FIRST(&roster->entries))) {
		TAILQ_REMOVE(&roster->entries, entry, link);
		free(entry->name);
		free(entry->path);
		free(entry->capabilities);
		free(entry);
	}
	pthread_mutex_destroy(&roster->lock);
	free(roster->dir);
	free(roster);
	return NULL;
}

static bool is_program(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0;
}

/* Only programs that exist get an entry, so scripts cannot make the list grow. Lock held. */
static struct roster_entry *find(struct roster *roster, const char *name)
{
	struct roster_entry *entry;
	char *path;

	TAILQ_FOREACH (entry, &roster->entries, link) {
		if (strcmp(entry->name, name) == 0)
			return entry;
	}
	path = xasprintf("%s/%s", roster->dir, name);
	if (!is_program(path)) {
		free(path);
		return NULL;
	}
	entry = xcalloc(1, sizeof(*entry));
	entry->name = xstrdup(name);
	entry->path = path;
	TAILQ_INSERT_HEAD(&roster->entries, entry, link);
	return entry;
}

struct roster_entry *roster_find(struct roster *roster, const char *name)
{
	struct roster_entry *entry;

	pthread_mutex_lock(&roster->lock);
	entry = find(roster, name);
	pthread_mutex_unlock(&roster->lock);
	return entry;
}

const char *roster_path(const struct roster_entry *entry)
{
	return entry->path;
}

bool roster_ask(struct roster *roster, struct roster_entry *entry)
{
	bool rested, may;

	pthread_mutex_lock(&roster->lock);
	may = breaker_ask(&entry->breaker, clock_mono());
	rested = entry->breaker.resting;
	pthread_mutex_unlock(&roster->lock);
	if (may && rested)
		log_info(NULL, "adapter %s is tried again", entry->name);
	return may;
}

void roster_tell(struct roster *roster, struct roster_entry *entry, int error, const char *message)
{
	bool changed = false;
	unsigned failures;

	pthread_mutex_lock(&roster->lock);
	if (!error)
		changed = breaker_worked(&entry->breaker);
	else if (error == -ECANCELED || error == -ENOTSUP)
		breaker_dropped(&entry->breaker);
	else
		changed = breaker_failed(&entry->breaker, &roster->rules, clock_mono());
	failures = entry->breaker.failures;
	pthread_mutex_unlock(&roster->lock);
	if (changed && error)
		log_warn(NULL,
			"adapter %s has failed %u times in a row and is left out for %llu s: %s",
			entry->name, failures,
			(unsigned long long)(roster->rules.rest_us / USEC_PER_SEC), message);
	else if (changed)
		log_info(NULL, "adapter %s works again", entry->name);
}

static int on_capabilities(void *arg, const void *data, size_t length)
{
	strbuf_add(arg, data, length);
	return 0;
}

/* The words, each between blanks; malloc'd. "" when it fails, NULL when it was cancelled. */
static char *ask_program(const char *path, int cancel_fd)
{
	struct strbuf output = STRBUF_INIT, words = STRBUF_INIT;
	const struct adapter_run run = {
		.path = path,
		.argument = "--capabilities",
		.environment = environ,
		.text = "",
		.cancel_fd = cancel_fd,
		.timeout_ms = CAPABILITIES_TIMEOUT_MS,
		.max_output_bytes = CAPABILITIES_BYTES,
		.data = on_capabilities,
		.arg = &output,
	};
	char *message = NULL, *save = NULL;
	int error = adapter_run(&run, &message);

	strbuf_addc(&words, ' ');
	for (char *w = error || !output.length ? NULL : strtok_r(output.data, " ,\t\r\n", &save); w;
		w = strtok_r(NULL, " ,\t\r\n", &save))
		strbuf_addf(&words, "%s ", w);
	strbuf_release(&output);
	free(message);
	if (error == -ECANCELED)
		strbuf_release(&words);
	return error == -ECANCELED ? NULL : strbuf_detach(&words);
}

/* Two threads may ask at the same time; the answers are the same. */
static bool has_word(
	struct roster *roster, struct roster_entry *entry, const char *word, int cancel_fd)
{
	char *between, *answer = NULL;
	bool known, found;

	pthread_mutex_lock(&roster->lock);
	known = entry->capabilities != NULL;
	pthread_mutex_unlock(&roster->lock);
	if (!known)
		answer = ask_program(entry->path, cancel_fd);
	between = xasprintf(" %s ", word);
	pthread_mutex_lock(&roster->lock);
	if (!entry->capabilities)
		entry->capabilities = answer;
	else
		free(answer);
	found = entry->capabilities && strstr(entry->capabilities, between);
	pthread_mutex_unlock(&roster->lock);
	free(between);
	return found;
}

bool roster_takes_ssml(struct roster *roster, struct roster_entry *entry, int cancel_fd)
{
	return has_word(roster, entry, "ssml", cancel_fd);
}

bool roster_takes_option(
	struct roster *roster, struct roster_entry *entry, const char *option, int cancel_fd)
{
	char *word = xasprintf("option:%s", option);
	bool found = !strchr(option, ' ') && has_word(roster, entry, word, cancel_fd);

	free(word);
	return found;
}
