#include "sip/agent_private.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <sofia-sip/su_log.h>
#include <sofia-sip/tport_tag.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

#define SHUTDOWN_US	 (2 * USEC_PER_SEC)
#define STEP_MAX_MS	 10000
#define STEPS_PER_WAKE	 8
#define MAX_DESCRIPTORS	 4096
#define SIP_MAX_BYTES	 65535
#define NTP_UNIX_SECONDS 2208988800UL /* su_time_t counts from 1900 */

int64_t agent_clock_skew_us;

/* sofia's hook behind su_now(): its timers follow this and not the wall clock. */
extern void (*_su_time)(su_time_t *now);

static void monotonic_time(su_time_t *now)
{
	uint64_t us = clock_mono() + (uint64_t)agent_clock_skew_us;

	/* The base only has to be a plausible year: nothing compares it with the wall clock. */
	now->tv_sec = (unsigned long)(NTP_UNIX_SECONDS + us / USEC_PER_SEC);
	now->tv_usec = (unsigned long)(us % USEC_PER_SEC);
}

static void discard_log(void *stream, char const *format, va_list ap)
{
	(void)stream;
	(void)format;
	(void)ap;
}

static void start_sofia(void)
{
	_su_time = monotonic_time;
	su_init();
	su_log_redirect(NULL, discard_log, NULL);
	su_log_set_level(NULL, 0);
}

/* Marks in `seen` which epoll descriptors are open; returns the first that was not marked. */
static int find_epoll(bool seen[MAX_DESCRIPTORS])
{
	DIR *dir = opendir("/proc/self/fd");
	struct dirent *entry;
	char target[64];
	int found = -1;

	if (!dir)
		return -1;
	while ((entry = readdir(dir))) {
		ssize_t length = readlinkat(dirfd(dir), entry->d_name, target, sizeof(target) - 1);
		int fd = (int)strtol(entry->d_name, NULL, 10); /* "." and ".." are no links */

		if (length < 0 || fd < 0 || fd >= MAX_DESCRIPTORS)
			continue;
		target[length] = '\0';
		if (strcmp(target, "anon_inode:[eventpoll]") != 0)
			continue;
		if (!seen[fd])
			found = fd;
		seen[fd] = true;
	}
	closedir(dir);
	return found;
}

void agent_step(struct sip_agent *agent)
{
	su_duration_t next = 0;

	for (int i = 0; i < STEPS_PER_WAKE && next == 0; i++) {
		next = su_root_step(agent->root, 0);
		agent->steps++;
	}
	if (next == 0)
		next = 1; /* unclamped it spins */
	if (next < 0 || next > STEP_MAX_MS)
		next = STEP_MAX_MS; /* below 0: there is no timer at all */
	timer_start(&agent->timer, (uint64_t)next * USEC_PER_MSEC);
}

static void on_wake(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	agent_step(arg);
}

static void on_timer(void *arg)
{
	agent_step(arg);
}

void agent_poke(struct sip_agent *agent)
{
	event_active(agent->wake, EV_READ, 0);
}

/* sofia's root, and its epoll descriptor as an event of the loop. */
static bool start_root(struct sip_agent *agent)
{
	bool seen[MAX_DESCRIPTORS] = {false};
	int fd;

	su_port_prefer(su_epoll_port_create, NULL);
	find_epoll(seen);
	agent->root = su_root_create(NULL);
	if (!agent->root)
		return false;
	su_root_threading(agent->root, 0);
	fd = find_epoll(seen);
	if (fd < 0)
		return false;
	agent->wake = event_new(loop_base(agent->loop), fd, EV_READ | EV_PERSIST, on_wake, agent);
	event_add(agent->wake, NULL);
	timer_init(&agent->timer, agent->loop, on_timer, agent);
	return true;
}

static bool start_nta(struct sip_agent *agent)
{
	agent->classes = via_guard_new();
	if (!agent->classes)
		return false;
	agent->nta = nta_agent_create(agent->root, (url_string_t *)-1, NULL, NULL, NTATAG_UA(1),
		NTATAG_MAXSIZE(SIP_MAX_BYTES), NTATAG_UDP_MTU(SIP_MAX_BYTES), NTATAG_MERGE_482(1),
		NTATAG_CLIENT_RPORT(1), NTATAG_USE_NAPTR(0), NTATAG_USE_SRV(0), NTATAG_EXTRA_100(0),
		NTATAG_MCLASS(agent->classes), TPTAG_STUN_SERVER(0), TAG_END());
	if (!agent->nta)
		return false;
	agent->stray =
		nta_leg_tcreate(agent->nta, agent_on_stray, agent, NTATAG_NO_DIALOG(1), TAG_END());
	return agent->stray != NULL;
}

static int start_agent(struct sip_agent *agent, const struct sip_config *config, char **ret_error)
{
	int error;

	agent->resolver = resolver_new(agent->loop);
	if (!agent->resolver || !start_root(agent) || !start_nta(agent)) {
		*ret_error = xstrdup("the SIP stack did not start");
		return -EIO;
	}
	if (config->name_servers && resolver_use(agent->resolver, config->name_servers)) {
		*ret_error = xasprintf("\"%s\" are no name servers", config->name_servers);
		return -EINVAL;
	}
	error = agent_listen(agent, config, ret_error);
	if (!error && !agent->udp_port && !agent->tcp_port) {
		*ret_error = xstrdup("no SIP transport is switched on");
		error = -EINVAL;
	}
	return error;
}

static bool check_address(const char *addr, int *ret_family, char **ret_error)
{
	unsigned char bits[16];

	*ret_family = strchr(addr, ':') ? AF_INET6 : AF_INET;
	if (inet_pton(*ret_family, addr, bits) == 1)
		return true;
	*ret_error = xasprintf("\"%s\" is not a numeric IPv4 or IPv6 address", addr);
	return false;
}

struct sip_agent *sip_agent_new(struct loop *loop, const struct sip_config *config,
	const struct sip_handler *handler, void *arg, char **ret_error)
{
	struct sip_agent *agent;
	int family;

	if (!check_address(config->addr, &family, ret_error))
		return NULL;
	agent = xcalloc(1, sizeof(*agent));
	agent->loop = loop;
	agent->handler = handler;
	agent->arg = arg;
	agent->addr = xstrdup(config->addr);
	agent->external_ip = xstrdup(config->external_ip);
	agent->user_agent = xstrdup(config->user_agent ? config->user_agent : "nccod");
	agent->proxy = xstrdup(config->outbound_proxy);
	agent->keepalive_s = config->keepalive_s;
	agent->session_expires_s = config->session_expires_s;
	if (agent->session_expires_s && agent->session_expires_s < SIP_MIN_SE)
		agent->session_expires_s = SIP_MIN_SE;
	agent->family = family;
	agent->second_us = USEC_PER_SEC;
	TAILQ_INIT(&agent->legs);
	TAILQ_INIT(&agent->registrations);
	start_sofia();
	if (start_agent(agent, config, ret_error))
		return sip_agent_free(agent);
	agent_poke(agent);
	return agent;
}

static bool transactions_left(struct sip_agent *agent)
{
	usize_t used = 0, incoming = 0;

	nta_agent_get_stats(agent->nta, NTATAG_S_ORQ_HASH_USED_REF(used),
		NTATAG_S_IRQ_HASH_USED_REF(incoming), TAG_END());
	return used > 0;
}

/* Gives BYE and un-REGISTER the time to be answered. */
static void drain(struct sip_agent *agent)
{
	uint64_t until = clock_mono() + SHUTDOWN_US;
	bool sent = false;
	struct sip_leg *leg, *next;

	for (leg = TAILQ_FIRST(&agent->legs); leg; leg = next) {
		next = TAILQ_NEXT(leg, entry);
		sent = sent || leg->state != SIP_LEG_ENDED;
		leg_detach(leg);
	}
	while (sent && transactions_left(agent) && clock_mono() < until)
		su_root_step(agent->root, 5);
}

struct sip_agent *sip_agent_free(struct sip_agent *agent)
{
	if (!agent)
		return NULL;
	if (agent->nta) {
		drain(agent);
		nta_leg_destroy(agent->stray);
		nta_agent_destroy(agent->nta);
	}
	if (agent->wake) {
		event_free(agent->wake);
		timer_stop(&agent->timer);
	}
	su_root_destroy(agent->root);
	free(agent->classes);
	resolver_free(agent->resolver);
	su_deinit();
	free(agent->addr);
	free(agent->external_ip);
	free(agent->user_agent);
	free(agent->proxy);
	free(agent);
	return NULL;
}

uint16_t sip_agent_port(const struct sip_agent *agent, bool tcp)
{
	return tcp ? agent->tcp_port : agent->udp_port;
}
