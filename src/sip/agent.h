/* agent.h - the SIP user agent: sofia-sip inside the core thread's loop.
 *
 * One agent per process. It listens on UDP and TCP, answers what needs no application
 * (OPTIONS, CRLF keep-alive, unknown methods, requests outside dialogs) and hands INVITEs to
 * its handler as legs (leg.h). Core thread only. sofia never sees SDP, never resolves names,
 * and runs on a monotonic clock. */
#ifndef SIP_AGENT_H
#define SIP_AGENT_H

#include <stdbool.h>
#include <stdint.h>

#include "loop/loop.h"

struct sip_agent;
struct sip_leg;

struct sip_config {
	const char *addr;  /* address to bind, IPv4 or IPv6 literal. 0.0.0.0 and :: are the
			    * addresses that the machine has now, without IPv6 link-local ones;
			    * later ones want a restart. */
	uint16_t udp_port; /* 0: any free port when `any_port`, else transport off */
	uint16_t tcp_port;
	bool any_port;		    /* let the kernel choose (sip-caller, tests) */
	bool udp, tcp;		    /* which transports to open */
	const char *external_ip;    /* in Contact and Via; NULL: the bound address */
	const char *user_agent;	    /* Server and User-Agent header */
	const char *outbound_proxy; /* a SIP URI, or NULL: every request we start goes there.
				     * With ;lr (or ;lr=on) as a pre-loaded Route and the request
				     * URI untouched, without as strict routing (RFC 3261
				     * 12.2.1.1). Validate with sip_uri_check() first. */
	const char *name_servers;   /* "192.0.2.1,127.0.0.1:5353", NULL: those of the machine */
	unsigned keepalive_s;	    /* OPTIONS ping inside a dialog, 0 off */
	unsigned session_expires_s; /* RFC 4028, 0: we do not ask for it but agree; min 90 */
};

struct sip_handler {
	/* A new inbound call. The callee owns the leg from here on: it must sooner or later
	 * reject, answer or drop it, and always sip_leg_free() it. `100 Trying` went out. */
	void (*on_invite)(void *arg, struct sip_leg *leg);
	/* Asked before on_invite: 0 takes the call, else the SIP status to refuse with;
	 * *ret_retry_after seconds is put into a 503. For max_concurrency and draining. */
	int (*admit)(void *arg, unsigned *ret_retry_after);
};

/* NULL on failure, *ret_error is a malloc'd text that names address, port and reason. */
struct sip_agent *sip_agent_new(struct loop *loop, const struct sip_config *config,
	const struct sip_handler *handler, void *arg, char **ret_error);

/* Ends what is left of dialogs, waits for sofia's shutdown (bounded, 2 s). Returns NULL. */
struct sip_agent *sip_agent_free(struct sip_agent *agent);

uint16_t sip_agent_port(const struct sip_agent *agent, bool tcp); /* as bound */

/* Our own address as the world sees it: external_ip, the bound one, or that of the interface which
 * leads out. */
void sip_agent_host(struct sip_agent *agent, char out[64]);

/* Checks a SIP or SIPS URI given by a person. 0, or -EINVAL with *ret_error a malloc'd
 * message that says what to write ("sip:sip:host" is "sip: stands twice; write sip:host"). */
int sip_uri_check(const char *uri, char **ret_error);

/* Whether requests can be sent to a SIP URI: "sip:", over UDP or TCP. */
bool sip_uri_sendable(const char *uri);

/* The URI with another user part, escaped as need be: "sip:host;transport=tcp" and "+44 1" give
 * "sip:+44%201@host;transport=tcp". malloc'd. */
char *sip_uri_with_user(const char *uri, const char *user);

/* REGISTER with digest (MD5, SHA-256) and refresh at 3/4 of the expiry; used by sip-caller
 * and trunks. status is the final SIP status, 0 when nothing answered; expires the granted
 * seconds. Called after every attempt, refreshes included. */
struct sip_registration;
struct sip_account {
	const char *registrar; /* "sip:host:port;transport=udp" */
	const char *aor;       /* "sip:user@domain" */
	const char *auth_user, *password;
	const char *outbound_proxy; /* NULL: the agent's */
	unsigned expires_s;
};
struct sip_registration *sip_register(struct sip_agent *agent, const struct sip_account *account,
	void (*on_status)(void *arg, int status, const char *phrase, unsigned expires_s),
	void *arg);
/* Un-REGISTERs (without waiting for the answer). NULL allowed; returns NULL. */
struct sip_registration *sip_unregister(struct sip_registration *registration);

#endif
