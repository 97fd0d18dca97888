#include "loop/resolve.h"

#include <ares.h>
#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/clock.h"
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
	void (*done)(void *arg, const struct sockaddr_storage *addresses, const char *error);
	void *arg;
	bool asked;	    /* c-ares holds a pointer to us */
	struct timer timer; /* tells what is known, from the loop */
	struct sockaddr_storage addresses[RESOLVE_MAX_ADDRESSES + 1];
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
	resolve->done(resolve->arg, resolve->error ? NULL : resolve->addresses, resolve->error);
	free(resolve);
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
	resolve->asked = false;
	if (status == ARES_SUCCESS && result->nodes)
		keep_addresses(resolve, result->nodes);
	else
		resolve->error = status == ARES_ETIMEOUT ? "the name servers do not answer"
							 : "no address for the host name";
	if (result)
		ares_freeaddrinfo(result);
	if (resolve->done)
		timer_start(&resolve->timer, 0);
	else
		forget(resolve); /* it was cancelled */
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

struct resolve *resolve_start(struct resolver *resolver, const char *host, int family,
	void (*done)(void *arg, const struct sockaddr_storage *addresses, const char *error),
	void *arg)
{
	struct resolve *resolve = xcalloc(1, sizeof(*resolve));
	struct ares_addrinfo_hints hints = {.ai_family = family};

	resolve->resolver = resolver;
	resolve->done = done;
	resolve->arg = arg;
	timer_init(&resolve->timer, resolver->loop, tell, resolve);
	LIST_INSERT_HEAD(&resolver->questions, resolve, entry);
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

struct resolve *resolve_cancel(struct resolve *resolve)
{
	if (!resolve)
		return NULL;
	resolve->done = NULL;
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
