/* The agent's sockets: one for each address and transport. */
#include "sip/agent_private.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sofia-sip/tport.h>
#include <sofia-sip/tport_tag.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"

#define TCP_IDLE_MS    (30 * 60 * 1000) /* a registered phone may be silent for long */
#define TCP_MESSAGE_MS 30000		/* a message must be whole by then */

struct listener {
	const char *transport; /* "udp", "tcp" */
	uint16_t port;	       /* 0: the kernel chooses */
	uint16_t *ret_port;
};

bool is_wildcard(const char *addr)
{
	return strcmp(addr, "0.0.0.0") == 0 || strcmp(addr, "::") == 0;
}

/* "sip:public;maddr=bound": sofia writes the first into Via and binds the second. */
static char *bind_url(struct sip_agent *agent, const char *addr, const struct listener *listener)
{
	const char *host = agent->external_ip ? agent->external_ip : addr;
	bool v6 = strchr(addr, ':'), public_v6 = strchr(host, ':');
	char digits[8] = "*", *maddr = NULL, *url;

	if (listener->port)
		snprintf(digits, sizeof(digits), "%u", listener->port);
	if (strcmp(host, addr) != 0)
		maddr = xasprintf(";maddr=%s%s%s", v6 ? "[" : "", addr, v6 ? "]" : "");
	url = xasprintf("sip:%s%s%s:%s;transport=%s%s", public_v6 ? "[" : "", host,
		public_v6 ? "]" : "", digits, listener->transport, maddr ? maddr : "");
	free(maddr);
	return url;
}

static uint16_t bound_port(struct sip_agent *agent, const char *transport)
{
	tport_t *tport = tport_primaries(nta_agent_tports(agent->nta));

	for (; tport; tport = tport_next(tport)) {
		const tp_name_t *name = tport_name(tport);

		if (strcasecmp(name->tpn_proto, transport) == 0)
			return (uint16_t)strtoul(name->tpn_port, NULL, 10);
	}
	return 0;
}

/* The address is also the socket's name: agent_tport() finds it by that, and sofia is told to
 * use it by that. */
static int listen_on(struct sip_agent *agent, const char *addr, struct listener *listener)
{
	char *url = bind_url(agent, addr, listener);
	int error;

	error = nta_agent_add_tport(agent->nta, URL_STRING_MAKE(url), TPTAG_SERVER(1),
		TPTAG_IDENT(addr), TPTAG_STUN_SERVER(0), TPTAG_IDLE(TCP_IDLE_MS),
		TPTAG_TIMEOUT(TCP_MESSAGE_MS), TAG_END());
	error = error ? -errno : 0;
	free(url);
	if (!error)
		*listener->ret_port = listener->port = bound_port(agent, listener->transport);
	return error;
}

/* Numeric text of an address that can be bound without naming its interface. */
static bool bindable(const struct ifaddrs *interface, int family, char out[INET6_ADDRSTRLEN])
{
	const struct sockaddr *address = interface->ifa_addr;
	const struct in6_addr *in6 =
		&((const struct sockaddr_in6 *)(const void *)address)->sin6_addr;
	const void *bits = in6;

	if (!address || address->sa_family != family || !(interface->ifa_flags & IFF_UP))
		return false;
	if (family == AF_INET6 && IN6_IS_ADDR_LINKLOCAL(in6))
		return false;
	if (family == AF_INET)
		bits = &((const struct sockaddr_in *)(const void *)address)->sin_addr;
	return inet_ntop(family, bits, out, INET6_ADDRSTRLEN) != NULL;
}

/* A socket of its own for each address: answers leave from where the request came to, and
 * requests from the interface that leads to the peer. */
static int listen_everywhere(struct sip_agent *agent, struct listener *listener)
{
	struct ifaddrs *interfaces, *interface;
	char addr[INET6_ADDRSTRLEN];
	int error = -EADDRNOTAVAIL, again;

	if (getifaddrs(&interfaces))
		return -errno;
	for (interface = interfaces; interface; interface = interface->ifa_next) {
		if (!bindable(interface, agent->family, addr))
			continue;
		again = listen_on(agent, addr, listener);
		if (again == -EADDRNOTAVAIL) /* taken away meanwhile, or not ready (IPv6) */
			continue;
		error = again;
		if (error)
			break;
	}
	freeifaddrs(interfaces);
	return error;
}

static int open_transport(struct sip_agent *agent, struct listener listener, char **ret_error)
{
	int error = is_wildcard(agent->addr) ? listen_everywhere(agent, &listener)
					     : listen_on(agent, agent->addr, &listener);

	if (error)
		*ret_error = xasprintf("cannot listen for SIP on %s port %u (%s): %s", agent->addr,
			listener.port, listener.transport, strerror(-error));
	return error;
}

int agent_listen(struct sip_agent *agent, const struct sip_config *config, char **ret_error)
{
	struct listener udp = {"udp", config->udp_port, &agent->udp_port};
	struct listener tcp = {"tcp", config->tcp_port, &agent->tcp_port};
	int error = 0;

	if (config->udp && (udp.port || config->any_port))
		error = open_transport(agent, udp, ret_error);
	if (!error && config->tcp && (tcp.port || config->any_port))
		error = open_transport(agent, tcp, ret_error);
	return error;
}

tport_t *agent_tport(struct sip_agent *agent, const char *peer_ip, bool tcp)
{
	tport_t *tport = tport_primaries(nta_agent_tports(agent->nta));
	char host[64];

	if (!is_wildcard(agent->addr) || !agent_interface(agent, peer_ip, host))
		return NULL;
	for (; tport; tport = tport_next(tport)) {
		const tp_name_t *name = tport_name(tport);

		if (strcasecmp(name->tpn_proto, tcp ? "tcp" : "udp") == 0 && name->tpn_ident &&
			strcmp(name->tpn_ident, host) == 0)
			return tport;
	}
	return NULL;
}
