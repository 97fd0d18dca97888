/* Where a request goes: numeric next hops, and what we call ourselves. */
#include "sip/agent_private.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"

static bool take_transport(const url_t *url, struct sip_target *target)
{
	char transport[16] = "";

	target->loose = url->url_params && url_has_param(url, "lr");
	if (!url->url_params ||
		url_param(url->url_params, "transport", transport, sizeof(transport)) <= 0)
		return true;
	target->transport_given = true;
	target->tcp = strcasecmp(transport, "tcp") == 0;
	return target->tcp || strcasecmp(transport, "udp") == 0;
}

static bool take_url(const url_t *url, struct sip_target *target)
{
	const char *host = url->url_host;
	size_t length = host ? strlen(host) : 0;

	memset(target, 0, sizeof(*target));
	if (url->url_type != url_sip || length == 0 || length >= sizeof(target->host))
		return false;
	if (host[0] == '[' && host[length - 1] == ']') {
		host++;
		length -= 2;
	}
	memcpy(target->host, host, length);
	target->host[length] = '\0';
	target->port = url->url_port ? (uint16_t)strtoul(url->url_port, NULL, 10) : 0;
	return take_transport(url, target);
}

bool target_parse(const char *uri, struct sip_target *ret_target)
{
	su_home_t home[1] = {SU_HOME_INIT(home)};
	url_t *url = url_make(home, uri);
	bool good = url && take_url(url, ret_target);

	su_home_deinit(home);
	return good;
}

void hop_write(
	char out[SIP_HOP_SIZE], const struct sockaddr_storage *address, uint16_t port, bool tcp)
{
	char host[INET6_ADDRSTRLEN] = "";
	bool v6 = address->ss_family == AF_INET6;

	if (v6)
		inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)address)->sin6_addr, host,
			sizeof(host));
	else
		inet_ntop(AF_INET, &((const struct sockaddr_in *)address)->sin_addr, host,
			sizeof(host));
	snprintf(out, SIP_HOP_SIZE, v6 ? "sip:[%s]:%u;transport=%s" : "sip:%s:%u;transport=%s",
		host, port, tcp ? "tcp" : "udp");
}

/* The URI's own host when it is numeric and of our family. */
static bool numeric_address(
	const url_t *url, int family, struct sip_target *target, struct sockaddr_storage *address)
{
	void *bits = family == AF_INET6 ? (void *)&((struct sockaddr_in6 *)address)->sin6_addr
					: (void *)&((struct sockaddr_in *)address)->sin_addr;

	address->ss_family = (sa_family_t)family;
	return take_url(url, target) && inet_pton(family, target->host, bits) == 1;
}

enum reach { REACH_PUBLIC, REACH_PRIVATE, REACH_HOST };

/* How far an address is good: everywhere, in its own network (RFC 1918, RFC 6598 for carriers'
 * NAT, RFC 3927, RFC 4193 and link-local for IPv6), or on its own machine. */
static enum reach address_reach(const struct sockaddr_storage *address)
{
	static const struct {
		uint32_t net, mask;
		enum reach reach;
	} nets[] = {
		{0x00000000, 0xff000000, REACH_HOST},
		{0x7f000000, 0xff000000, REACH_HOST},
		{0x0a000000, 0xff000000, REACH_PRIVATE},
		{0xac100000, 0xfff00000, REACH_PRIVATE},
		{0xc0a80000, 0xffff0000, REACH_PRIVATE},
		{0x64400000, 0xffc00000, REACH_PRIVATE},
		{0xa9fe0000, 0xffff0000, REACH_PRIVATE},
	};
	const struct in6_addr *in6 = &((const struct sockaddr_in6 *)address)->sin6_addr;
	uint32_t ip = ntohl(((const struct sockaddr_in *)address)->sin_addr.s_addr);

	if (address->ss_family == AF_INET6) {
		if (IN6_IS_ADDR_LOOPBACK(in6) || IN6_IS_ADDR_UNSPECIFIED(in6))
			return REACH_HOST;
		return (in6->s6_addr[0] & 0xfe) == 0xfc || IN6_IS_ADDR_LINKLOCAL(in6)
			       ? REACH_PRIVATE
			       : REACH_PUBLIC;
	}
	for (size_t i = 0; i < ARRAY_SIZE(nets); i++) {
		if ((ip & nets[i].mask) == nets[i].net)
			return nets[i].reach;
	}
	return REACH_PUBLIC;
}

/* A Contact behind a NAT: its address is good only in a network that we are not in, and the
 * peer's packets come from elsewhere. Then the way of the INVITE is the way to the peer. For a
 * call of ours that is certain only when we called a public address: a private one may be that
 * of a proxy beside the callee. */
static bool behind_nat(
	const struct sip_leg *leg, const char *host, const struct sockaddr_storage *address)
{
	struct sockaddr_storage first = {0};
	struct sip_target target;
	su_home_t home[1] = {SU_HOME_INIT(home)};
	url_t *url = url_make(home, leg->first);
	bool known = url && numeric_address(url, leg->agent->family, &target, &first);

	su_home_deinit(home);
	if (!known || strcmp(target.host, host) == 0)
		return false;
	switch (address_reach(address)) {
	case REACH_HOST:
		return address_reach(&first) != REACH_HOST;
	case REACH_PRIVATE:
		return leg->inbound || address_reach(&first) == REACH_PUBLIC;
	case REACH_PUBLIC:
		break;
	}
	return false;
}

/* RFC 3261 section 12.2.1.1: the first of the route set, else the remote target. False, and
 * nothing in out: a name, which was resolved when the dialog began. */
static bool dialog_hop(struct sip_leg *leg, nta_leg_t *dialog, char out[SIP_HOP_SIZE])
{
	const sip_route_t *route = NULL;
	const sip_contact_t *contact = NULL;
	struct sockaddr_storage address = {0};
	struct sip_target target;
	const url_t *url;

	nta_leg_get_route(dialog, &route, &contact);
	url = route ? route->r_url : contact ? contact->m_url : NULL;
	if (!url || !numeric_address(url, leg->agent->family, &target, &address))
		return false;
	if (!route && behind_nat(leg, target.host, &address))
		memcpy(out, leg->first, SIP_HOP_SIZE);
	else
		hop_write(out, &address, target.port ? target.port : 5060,
			target.transport_given ? target.tcp : leg->tcp);
	return true;
}

const char *leg_next_hop(struct sip_leg *leg)
{
	char hop[SIP_HOP_SIZE];

	if (dialog_hop(leg, leg->dialog, hop))
		memcpy(leg->hop, hop, sizeof(leg->hop));
	return leg->hop;
}

void leg_branch_hop(struct sip_leg *leg, nta_leg_t *dialog, char out[SIP_HOP_SIZE])
{
	if (!dialog_hop(leg, dialog, out))
		memcpy(out, leg->first, SIP_HOP_SIZE);
}

/* The address of the interface that leads to peer; a connected UDP socket sends nothing. */
static bool interface_address(int family, const char *peer_ip, char out[64])
{
	struct sockaddr_storage address = {.ss_family = (sa_family_t)family};
	struct sockaddr_in *in = (struct sockaddr_in *)&address;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&address;
	bool v6 = family == AF_INET6, found = false;
	socklen_t length = v6 ? sizeof(*in6) : sizeof(*in);
	int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return false;
	in->sin_port = htons(5060); /* the same place in both */
	if (inet_pton(family, peer_ip, v6 ? (void *)&in6->sin6_addr : (void *)&in->sin_addr) == 1 &&
		connect(fd, (struct sockaddr *)&address, length) == 0 &&
		getsockname(fd, (struct sockaddr *)&address, &length) == 0)
		found = inet_ntop(family, v6 ? (void *)&in6->sin6_addr : (void *)&in->sin_addr, out,
				64) != NULL;
	close(fd);
	return found;
}

bool agent_interface(struct sip_agent *agent, const char *peer_ip, char out[64])
{
	if (is_wildcard(agent->addr))
		return interface_address(agent->family, peer_ip, out);
	snprintf(out, 64, "%s", agent->addr);
	return true;
}

void agent_host(struct sip_agent *agent, const char *peer_ip, char out[64])
{
	if (agent->external_ip)
		snprintf(out, 64, "%s", agent->external_ip);
	else if (!agent_interface(agent, peer_ip, out)) /* no route at all */
		snprintf(out, 64, "%s", agent->family == AF_INET6 ? "::1" : "127.0.0.1");
}

/* Addresses for documentation (RFC 5737, RFC 3849): nobody's, so the way there is the way out. */
void sip_agent_host(struct sip_agent *agent, char out[64])
{
	agent_host(agent, agent->family == AF_INET6 ? "2001:db8::1" : "192.0.2.1", out);
}

char *agent_contact(struct sip_agent *agent, const char *user, const char *peer_ip, bool tcp)
{
	char host[64], escaped[128] = "";
	bool v6, named = user && *user && strlen(user) * 3 < sizeof(escaped);

	agent_host(agent, peer_ip, host);
	v6 = strchr(host, ':');
	if (named)
		url_escape(escaped, user, "@:;?,/ \"<>");
	return xasprintf("<sip:%s%s%s%s%s:%u%s>", escaped, named ? "@" : "", v6 ? "[" : "", host,
		v6 ? "]" : "", tcp ? agent->tcp_port : agent->udp_port,
		tcp ? ";transport=tcp" : "");
}
