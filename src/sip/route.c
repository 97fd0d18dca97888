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

/* The URI's own host when it is numeric and of our family: then it is the hop. */
static bool numeric_hop(const url_t *url, struct sip_leg *leg, char out[SIP_HOP_SIZE])
{
	struct sockaddr_storage address = {.ss_family = (sa_family_t)leg->agent->family};
	struct sip_target target;
	void *bits = leg->agent->family == AF_INET6
			     ? (void *)&((struct sockaddr_in6 *)&address)->sin6_addr
			     : (void *)&((struct sockaddr_in *)&address)->sin_addr;

	if (!take_url(url, &target) || inet_pton(leg->agent->family, target.host, bits) != 1)
		return false;
	hop_write(out, &address, target.port ? target.port : 5060,
		target.transport_given ? target.tcp : leg->tcp);
	return true;
}

/* RFC 3261 section 12.2.1.1: the first of the route set, else the remote target. A name there
 * was resolved when the dialog began, by whoever stands at leg->hop. */
const char *leg_next_hop(struct sip_leg *leg)
{
	const sip_route_t *route = NULL;
	const sip_contact_t *target = NULL;
	char hop[SIP_HOP_SIZE];

	nta_leg_get_route(leg->dialog, &route, &target);
	if (route ? numeric_hop(route->r_url, leg, hop)
		  : target && numeric_hop(target->m_url, leg, hop))
		memcpy(leg->hop, hop, sizeof(hop));
	return leg->hop;
}

static bool is_wildcard(const char *addr)
{
	return strcmp(addr, "0.0.0.0") == 0 || strcmp(addr, "::") == 0;
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

void agent_host(struct sip_agent *agent, const char *peer_ip, char out[64])
{
	const char *host = agent->external_ip ? agent->external_ip : agent->addr;

	if (is_wildcard(host)) {
		if (interface_address(agent->family, peer_ip, out))
			return;
		host = agent->family == AF_INET6 ? "::1" : "127.0.0.1"; /* no route at all */
	}
	snprintf(out, 64, "%s", host);
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
