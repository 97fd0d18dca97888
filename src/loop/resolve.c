#include "loop/resolve.h"

#include <ares.h>
#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <errno.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/clock.h"
#include "base/id.h"
#include "base/mem.h"

#define TIMEOUT_MS 2000
#define TRIES	   3
#define TICK_US	   (100 * USEC_PER_MSEC) /* how often c-ares may look at its timeouts */

/* One descriptor of c-ares watched by the loop. */
struct watch {
	LIST_ENTRY(watch) entry;
	struct resolver *resolver;
	struct event *event;
	ares_socket_t fd;
};

struct resolver {
	struct loop *loop;
	ares_channel channel;
	struct timer tick;
	LIST_HEAD(, watch) watches;
	LIST_HEAD(, resolve) questions;
};

struct resolve {
	LIST_ENTRY(resolve) entry;
	struct resolver *resolver;
	/* One of the two, or none: it was cancelled. */
	void (*done)(void *arg, const struct sockaddr_storage *addresses, const char *error);
	void (*services_done)(
		void *arg, const struct resolve_service *services, size_t count, bool absent);
	void *arg;
	bool asked;	    /* c-ares holds a pointer to us */
	struct timer timer; /* tells what is known, from the loop */
	union {
		struct sockaddr_storage addresses[RESOLVE_MAX_ADDRESSES + 1];
		struct {
			struct resolve_service services[RESOLVE_MAX_SERVICES];
			size_t service_count;
			bool absent;
		};
	};
	const char *error;
};

static void on_ready(evutil_socket_t fd, short what, void *arg)
{
	struct watch *watch = arg;

	ares_process_fd(watch->resolver->channel, what & EV_READ ? fd : ARES_SOCKET_BAD,
		what & EV_WRITE ? fd : ARES_SOCKET_BAD);
}

static struct watch *find_watch(struct resolver *resolver, ares_socket_t fd)
{
	struct watch *watch;

	LIST_FOREACH (watch, &resolver->watches, entry) {
		if (watch->fd == fd)
			return watch;
	}
	return NULL;
}

static void drop_watch(struct watch *watch)
{
	event_free(watch->event);
	LIST_REMOVE(watch, entry);
	free(watch);
}

static void on_socket(void *arg, ares_socket_t fd, int readable, int writable)
{
	struct resolver *resolver = arg;
	struct watch *watch = find_watch(resolver, fd);
	short what = (short)(EV_PERSIST | (readable ? EV_READ : 0) | (writable ? EV_WRITE : 0));

	if (watch)
		drop_watch(watch);
	if (!readable && !writable)
		return;
	watch = xcalloc(1, sizeof(*watch));
	watch->resolver = resolver;
	watch->fd = fd;
	watch->event = event_new(loop_base(resolver->loop), fd, what, on_ready, watch);
	event_add(watch->event, NULL);
	LIST_INSERT_HEAD(&resolver->watches, watch, entry);
}

static void on_tick(void *arg)
{
	struct resolver *resolver = arg;

	ares_process_fd(resolver->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
	if (!LIST_EMPTY(&resolver->watches))
		timer_start(&resolver->tick, TICK_US);
}

struct resolver *resolver_new(struct loop *loop)
{
	struct resolver *resolver = xcalloc(1, sizeof(*resolver));
	struct ares_options options = {
		.timeout = TIMEOUT_MS,
		.tries = TRIES,
		.lookups = (char *)"fb",
		.sock_state_cb = on_socket,
		.sock_state_cb_data = resolver,
	};

	resolver->loop = loop;
	timer_init(&resolver->tick, loop, on_tick, resolver);
	if (ares_library_init(ARES_LIB_INIT_ALL) != ARES_SUCCESS ||
		ares_init_options(&resolver->channel, &options,
			ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_LOOKUPS |
				ARES_OPT_SOCK_STATE_CB) != ARES_SUCCESS) {
		ares_library_cleanup();
		free(resolver);
		return NULL;
	}
	return resolver;
}

static void forget(struct resolve *resolve)
{
	timer_stop(&resolve->timer);
	LIST_REMOVE(resolve, entry);
	free(resolve);
}

static void tell(void *arg)
{
	struct resolve *resolve = arg;

	timer_stop(&resolve->timer);
	LIST_REMOVE(resolve, entry);
	if (resolve->services_done)
		resolve->services_done(
			resolve->arg, resolve->services, resolve->service_count, resolve->absent);
	else
		resolve->done(
			resolve->arg, resolve->error ? NULL : resolve->addresses, resolve->error);
	free(resolve);
}

/* c-ares has answered. */
static void tell_soon(struct resolve *resolve)
{
	resolve->asked = false;
	if (resolve->done || resolve->services_done)
		timer_start(&resolve->timer, 0);
	else
		forget(resolve); /* it was cancelled */
}

static void keep_addresses(struct resolve *resolve, const struct ares_addrinfo_node *node)
{
	for (size_t i = 0; node && i < RESOLVE_MAX_ADDRESSES; node = node->ai_next)
		memcpy(&resolve->addresses[i++], node->ai_addr, node->ai_addrlen);
}

static void on_answer(void *arg, int status, int timeouts, struct ares_addrinfo *result)
{
	struct resolve *resolve = arg;

	(void)timeouts;
	if (status == ARES_SUCCESS && result->nodes)
		keep_addresses(resolve, result->nodes);
	else
		resolve->error = status == ARES_ETIMEOUT ? "the name servers do not answer"
							 : "no address for the host name";
	if (result)
		ares_freeaddrinfo(result);
	tell_soon(resolve);
}

static bool parse_numeric(const char *host, struct sockaddr_storage *ret_address)
{
	struct sockaddr_in *in = (struct sockaddr_in *)ret_address;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)ret_address;

	if (inet_pton(AF_INET, host, &in->sin_addr) == 1)
		ret_address->ss_family = AF_INET;
	else if (inet_pton(AF_INET6, host, &in6->sin6_addr) == 1)
		ret_address->ss_family = AF_INET6;
	return ret_address->ss_family != 0;
}

static struct resolve *resolve_new(struct resolver *resolver, void *arg)
{
	struct resolve *resolve = xcalloc(1, sizeof(*resolve));

	resolve->resolver = resolver;
	resolve->arg = arg;
	timer_init(&resolve->timer, resolver->loop, tell, resolve);
	LIST_INSERT_HEAD(&resolver->questions, resolve, entry);
	return resolve;
}

struct resolve *resolve_start(struct resolver *resolver, const char *host, int family,
	void (*done)(void *arg, const struct sockaddr_storage *addresses, const char *error),
	void *arg)
{
	struct resolve *resolve = resolve_new(resolver, arg);
	struct ares_addrinfo_hints hints = {.ai_family = family};

	resolve->done = done;
	if (parse_numeric(host, &resolve->addresses[0])) {
		if (family != AF_UNSPEC && resolve->addresses[0].ss_family != family)
			resolve->error = "the address is of another family than ours";
		timer_start(&resolve->timer, 0);
		return resolve;
	}
	resolve->asked = true;
	timer_start(&resolver->tick, TICK_US);
	ares_getaddrinfo(resolver->channel, host, NULL, &hints, on_answer, resolve);
	return resolve;
}

/* --- services --- */

/* Which of those of the lowest priority comes next (RFC 2782, "Weight"). */
static struct ares_srv_reply *choose_service(struct ares_srv_reply *const *left, size_t count)
{
	unsigned priority = UINT_MAX, total = 0, point;

	for (size_t i = 0; i < count; i++)
		priority = left[i]->priority < priority ? left[i]->priority : priority;
	for (size_t i = 0; i < count; i++)
		total += left[i]->priority == priority ? left[i]->weight : 0;
	point = total ? id_random_u32() % total : 0;
	for (size_t i = 0; i < count; i++) {
		if (left[i]->priority != priority)
			continue;
		if (point < left[i]->weight || total == 0)
			return left[i];
		point -= left[i]->weight;
	}
	return NULL; /* cannot be: the weights add up to the total */
}

static void keep_service(struct resolve *resolve, const struct ares_srv_reply *service)
{
	struct resolve_service *kept = &resolve->services[resolve->service_count];

	if (!*service->host || strcmp(service->host, ".") == 0)
		resolve->absent = true;
	else if ((size_t)snprintf(kept->host, sizeof(kept->host), "%s", service->host) <
		 sizeof(kept->host)) {
		kept->port = service->port;
		resolve->service_count++;
	}
}

static void sort_services(struct resolve *resolve, struct ares_srv_reply *list)
{
	struct ares_srv_reply *left[4 * RESOLVE_MAX_SERVICES];
	size_t count = 0;

	for (; list && count < ARRAY_SIZE(left); list = list->next)
		left[count++] = list;
	while (count && resolve->service_count < RESOLVE_MAX_SERVICES) {
		struct ares_srv_reply *next = choose_service(left, count);

		for (size_t i = 0; i < count; i++) {
			if (left[i] == next)
				left[i--] = left[--count];
		}
		keep_service(resolve, next);
	}
}

static void on_services(void *arg, int status, int timeouts, unsigned char *data, int length)
{
	struct resolve *resolve = arg;
	struct ares_srv_reply *list = NULL;

	(void)timeouts;
	if (status == ARES_SUCCESS && ares_parse_srv_reply(data, length, &list) == ARES_SUCCESS)
		sort_services(resolve, list);
	ares_free_data(list);
	tell_soon(resolve);
}

struct resolve *resolve_services(struct resolver *resolver, const char *name,
	void (*done)(void *arg, const struct resolve_service *services, size_t count, bool absent),
	void *arg)
{
	struct resolve *resolve = resolve_new(resolver, arg);

	resolve->services_done = done;
	resolve->asked = true;
	timer_start(&resolver->tick, TICK_US);
	ares_query(resolver->channel, name, ns_c_in, ns_t_srv, on_services, resolve);
	return resolve;
}

bool resolver_knows(struct resolver *resolver, const char *host, int family)
{
	struct hostent *found = NULL;
	int status = ares_gethostbyname_file(resolver->channel, host, family, &found);

	if (status == ARES_SUCCESS)
		ares_free_hostent(found);
	return status == ARES_SUCCESS;
}

int resolver_use(struct resolver *resolver, const char *servers)
{
	return ares_set_servers_ports_csv(resolver->channel, servers) == ARES_SUCCESS ? 0 : -EINVAL;
}

struct resolve *resolve_cancel(struct resolve *resolve)
{
	if (!resolve)
		return NULL;
	resolve->done = NULL;
	resolve->services_done = NULL;
	timer_stop(&resolve->timer);
	if (!resolve->asked)
		forget(resolve);
	return NULL;
}

struct resolver *resolver_free(struct resolver *resolver)
{
	struct resolve *resolve;

	if (!resolver)
		return NULL;
	while ((resolve = LIST_FIRST(&resolver->questions))) {
		if (!resolve->asked) {
			forget(resolve);
			continue;
		}
		LIST_FOREACH (resolve, &resolver->questions, entry) {
			resolve->done = NULL;
			resolve->services_done = NULL;
		}
		ares_cancel(resolver->channel);
	}
	ares_destroy(resolver->channel);
	while (!LIST_EMPTY(&resolver->watches))
		drop_watch(LIST_FIRST(&resolver->watches));
	timer_stop(&resolver->tick);
	ares_library_cleanup();
	free(resolver);
	return NULL;
}
