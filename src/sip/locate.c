#include "sip/locate.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "sip/agent_private.h"

#define DEFAULT_PORT 5060

struct locate {
	struct resolver *resolver;
	struct resolve *resolve;
	struct sip_target target;
	int family;
	bool transports[2]; /* whose SRV records are still to be asked for: UDP, TCP */
	bool tcp;	    /* the transport of the services */
	struct resolve_service services[RESOLVE_MAX_SERVICES];
	size_t service_count, service; /* the next one to be resolved */
	struct sip_hop hops[LOCATE_MAX_HOPS];
	size_t count;
	const char *error;
	void (*done)(void *arg, const struct sip_hop *hops, size_t count, const char *error);
	void *arg;
};

static void finish(struct locate *locate)
{
	const char *error = locate->error ? locate->error : "no address for the host name";

	locate->done(locate->arg, locate->hops, locate->count, locate->count ? NULL : error);
	free(locate);
}

static void keep(struct locate *locate, const struct sockaddr_storage *addresses, uint16_t port)
{
	for (; addresses->ss_family && locate->count < LOCATE_MAX_HOPS; addresses++) {
		struct sip_hop *hop = &locate->hops[locate->count++];

		hop->address = *addresses;
		hop->port = port;
		hop->tcp = locate->tcp;
	}
}

/* --- the host itself --- */

static void on_host(void *arg, const struct sockaddr_storage *addresses, const char *error)
{
	struct locate *locate = arg;

	locate->resolve = NULL;
	locate->error = error;
	if (addresses)
		keep(locate, addresses, locate->target.port ? locate->target.port : DEFAULT_PORT);
	finish(locate);
}

static void resolve_host(struct locate *locate)
{
	locate->tcp = locate->target.tcp;
	locate->resolve = resolve_start(
		locate->resolver, locate->target.host, locate->family, on_host, locate);
}

/* --- its services --- */

static void next_service(struct locate *locate);

static void on_service_host(void *arg, const struct sockaddr_storage *addresses, const char *error)
{
	struct locate *locate = arg;

	locate->resolve = NULL;
	locate->error = error;
	if (addresses)
		keep(locate, addresses, locate->services[locate->service].port);
	locate->service++;
	next_service(locate);
}

static void on_services(
	void *arg, const struct resolve_service *services, size_t count, bool absent)
{
	struct locate *locate = arg;

	locate->resolve = NULL;
	memcpy(locate->services, services, count * sizeof(*services));
	locate->service_count = count;
	locate->service = 0;
	if (count == 0 && absent)
		locate->error = "the domain says that it takes no calls";
	next_service(locate);
}

static void ask_for_services(struct locate *locate, bool tcp)
{
	char *name = xasprintf("_sip._%s.%s", tcp ? "tcp" : "udp", locate->target.host);

	locate->transports[tcp] = false;
	locate->tcp = tcp;
	locate->resolve = resolve_services(locate->resolver, name, on_services, locate);
	free(name);
}

static void next_service(struct locate *locate)
{
	if (locate->service < locate->service_count && locate->count < LOCATE_MAX_HOPS)
		locate->resolve =
			resolve_start(locate->resolver, locate->services[locate->service].host,
				locate->family, on_service_host, locate);
	else if (locate->transports[false])
		ask_for_services(locate, false);
	else if (locate->transports[true] && !locate->count)
		ask_for_services(locate, true);
	else if (locate->count || locate->error)
		finish(locate);
	else
		resolve_host(locate);
}

static bool is_numeric(const char *host)
{
	unsigned char bits[16];

	return inet_pton(AF_INET, host, bits) == 1 || inet_pton(AF_INET6, host, bits) == 1;
}

static bool has_services(const struct locate *locate)
{
	const char *host = locate->target.host;

	return !locate->target.port && !is_numeric(host) && strchr(host, '.') &&
	       !resolver_knows(locate->resolver, host, locate->family);
}

struct locate *locate_start(struct resolver *resolver, const struct sip_target *target, int family,
	bool udp, bool tcp,
	void (*done)(void *arg, const struct sip_hop *hops, size_t count, const char *error),
	void *arg)
{
	struct locate *locate = xcalloc(1, sizeof(*locate));

	locate->resolver = resolver;
	locate->target = *target;
	locate->family = family;
	locate->done = done;
	locate->arg = arg;
	if (has_services(locate)) {
		locate->transports[false] = udp && !(target->transport_given && target->tcp);
		locate->transports[true] = tcp && !(target->transport_given && !target->tcp);
	}
	next_service(locate);
	return locate;
}

struct locate *locate_cancel(struct locate *locate)
{
	if (!locate)
		return NULL;
	resolve_cancel(locate->resolve);
	free(locate);
	return NULL;
}

void sip_hops_set(struct sip_hops *hops, const struct sip_hop *list, size_t count)
{
	sip_hops_release(hops);
	hops->list = xmemdup(list, count * sizeof(*list));
	hops->count = count;
}

const struct sip_hop *sip_hops_take(struct sip_hops *hops)
{
	return sip_hops_left(hops) ? &hops->list[hops->next++] : NULL;
}

bool sip_hops_left(const struct sip_hops *hops)
{
	return hops->next < hops->count;
}

void sip_hops_release(struct sip_hops *hops)
{
	free(hops->list);
	*hops = (struct sip_hops){0};
}
