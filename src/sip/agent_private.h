/* agent_private.h - what the files of src/sip/ share. Core thread only.
 *
 * We use sofia's transaction layer (nta): messages, transports, retransmission, dialogs' tags,
 * CSeq and route sets are its work; what a dialog means (offers, session timers, digest,
 * refreshing, ending) is ours. nta never looks into a body, so no byte of SDP reaches sofia's
 * SDP parser. nta calls us only inside su_root_step(), that is from the loop.
 *
 * To add a method: a row in dialog_methods[] (agent_event.c) and its function. */
#ifndef SIP_AGENT_PRIVATE_H
#define SIP_AGENT_PRIVATE_H

#include <sofia-sip/su_wait.h>

#define NTA_LEG_MAGIC_T	     void
#define NTA_INCOMING_MAGIC_T void
#define NTA_OUTGOING_MAGIC_T void
#define NTA_RELIABLE_MAGIC_T void
#include <sofia-sip/nta.h>
#include <sofia-sip/nta_tport.h>
#include <sofia-sip/sip.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/sip_status.h>
#include <sofia-sip/sip_tag.h>
#include <sofia-sip/sip_util.h>

#include <sys/queue.h>

#include "base/strbuf.h"
#include "loop/resolve.h"
#include "sip/agent.h"
#include "sip/digest.h"
#include "sip/leg.h"
#include "sip/locate.h"

#define SIP_ALLOW     "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, PRACK, REFER, NOTIFY"
#define SIP_SUPPORTED "100rel, timer, norefersub"
#define SIP_ACCEPT    "application/sdp, application/dtmf-relay, application/dtmf"
#define SIP_MIN_SE    90 /* s, RFC 4028 section 4 */
#define SIP_T1X64_S   32 /* s, RFC 3261 timers B, F, H */
#define SIP_HOP_SIZE  128

TAILQ_HEAD(sip_legs, sip_leg);
TAILQ_HEAD(sip_registrations, sip_registration);

struct sip_agent {
	struct loop *loop;
	su_root_t *root;
	nta_agent_t *nta;
	msg_mclass_t *classes; /* sofia's headers, with ours among them */
	nta_leg_t *stray;      /* gets the requests that belong to no dialog */
	struct event *wake;
	struct timer timer;
	struct resolver *resolver;
	const struct sip_handler *handler;
	void *arg;
	char *addr, *external_ip, *user_agent, *proxy;
	unsigned keepalive_s, session_expires_s;
	uint16_t udp_port, tcp_port; /* 0: off */
	int family;
	struct sip_legs legs;
	struct sip_registrations registrations;
	uint64_t steps;	    /* of su_root_step(), for the test that it does not spin */
	uint64_t second_us; /* length of a second for session timers; tests shorten it */
};

enum sip_refresher { SIP_REFRESHER_NONE, SIP_REFRESHER_US, SIP_REFRESHER_THEM };

struct sip_leg {
	TAILQ_ENTRY(sip_leg) entry;
	struct sip_agent *agent; /* NULL once the agent is gone */
	const struct sip_leg_handler *handler;
	void *arg;
	enum sip_leg_state state;
	bool inbound, freed;
	unsigned busy; /* callbacks under way: the struct must not go */

	nta_leg_t *dialog;
	nta_incoming_t *invite_in; /* their first INVITE, until it is acknowledged or over */
	nta_incoming_t *offer_in;  /* their re-INVITE or UPDATE */
	nta_outgoing_t *invite_out;
	nta_outgoing_t *update_out, *options_out; /* session refresh, keep-alive */
	struct refer_out *refer_out;		  /* our REFER, until its outcome is known */
	struct refer_in *refer_in;		  /* theirs, until they know its outcome */
	bool referred_once;			  /* they have sent one before */
	msg_t *invite;				  /* inbound: the message */
	bool offer_update, late_offer, confirmed_once;
	bool bye_after_ack, cancelled, refreshing, peer_allows_update, peer_supports_timer;
	bool peer_supports_100rel;
	/* Inbound, before the 200: an offer and its answer are known to both, and an UPDATE
	 * changed it. Outbound each branch has flags of its own. */
	bool early_answered, early_updated;

	char *call_id, *from, *to, *from_user, *to_user, *from_uri;
	char *request_uri, *request_user, *source_ip, *source_addr, *user_agent;
	int family;
	char *sdp; /* their offer in the INVITE */
	size_t sdp_length;

	char *contact;	  /* ours, as the peer can reach us */
	tport_t *tport;	  /* the socket to send from; NULL: there is but one */
	char *local_sdp;  /* what we last offered or answered */
	char *agreed_sdp; /* the one before our re-INVITE, in case that is refused */
	char *next_sdp;	  /* our next offer, which waits for the one under way; NULL: none */
	char *remote_sdp;
	char hop[SIP_HOP_SIZE];	  /* numeric URI of the next hop, what sofia gets */
	char first[SIP_HOP_SIZE]; /* where their INVITE came from, or ours went to */
	bool tcp;

	char *route, *headers; /* of the first INVITE */
	struct digest_login login;
	struct locate *locate;
	struct sip_hops hops; /* of the first INVITE, until one has answered */

	struct early_branch *branches; /* outbound, before the answer */
	unsigned branch_count;

	unsigned session_s, min_se_s;
	enum sip_refresher refresher;
	struct timer session_timer, keepalive_timer, guard_timer, hop_timer, end_timer;
	struct sip_end end;
	char *end_reason;
};

/* agent.c */
void agent_poke(struct sip_agent *agent); /* after nta calls made outside its callbacks */
void agent_step(struct sip_agent *agent);
extern int64_t agent_clock_skew_us; /* added to sofia's clock; tests move it */

/* agent_event.c */
int agent_on_stray(void *arg, nta_leg_t *stray, nta_incoming_t *irq, sip_t const *sip);
int agent_on_request(void *arg, nta_leg_t *dialog, nta_incoming_t *irq, sip_t const *sip);
int agent_reply(struct sip_agent *agent, nta_incoming_t *irq, int status, char const *phrase);
int agent_check_require(struct sip_agent *agent, nta_incoming_t *irq, sip_t const *sip);
int agent_check_body(struct sip_agent *agent, nta_incoming_t *irq, sip_t const *sip);

/* leg.c */
struct sip_leg *leg_new(struct sip_agent *agent, bool inbound);
void leg_enter(struct sip_leg *leg);
void leg_leave(struct sip_leg *leg); /* may free the leg */
/* Gives up all that sofia holds of the leg and announces on_ended. Idempotent. */
void leg_end(struct sip_leg *leg, int status, const char *reason, bool by_peer);
void leg_bye(struct sip_leg *leg, const char *reason, const char *headers);
void leg_detach(struct sip_leg *leg);			    /* the agent goes */
const char *leg_body(sip_t const *sip, size_t *ret_length); /* SDP or NULL */
char *leg_header_lines(struct json_object *headers);	    /* "Name: value\r\n"...; NULL allowed */
bool has_option(const msg_param_t *list, const char *name);

/* leg_invite.c */
int leg_on_invite(struct sip_agent *agent, nta_incoming_t *irq, sip_t const *sip);

/* leg_answer.c */
int leg_on_ack_cancel(void *arg, nta_incoming_t *irq, sip_t const *sip);

/* leg_dial.c */
void leg_send_invite(struct sip_leg *leg, const char *sdp);
bool leg_try_next_hop(struct sip_leg *leg); /* false: there is none */

/* leg_early.c: the branches of an INVITE of ours, one for each tag of a 18x */
struct early_branch;
/* The branch of a response, which is made if need be; NULL: it names none, or one too many. */
struct early_branch *early_take(struct sip_leg *leg, sip_t const *sip);
/* Sends the PRACK that a reliable response wants and keeps what it says. False: it had been seen
 * before. */
bool early_acknowledge(struct sip_leg *leg, struct early_branch *branch, sip_t const *sip);
/* The first 200 decides in which branch we are. *sdp, which it brought or not, becomes what is to
 * be told of: an answer that was in a 18x is no news. Borrowed until early_release(). */
void early_confirm(struct sip_leg *leg, sip_t const *sip, const char **sdp, size_t *length);
/* A request came in the dialog of one of them: it is the one that we are in from here on. */
void early_select(struct sip_leg *leg, nta_leg_t *dialog);
bool early_is_answered(const struct sip_leg *leg); /* an UPDATE may bring an offer */
void early_set_updated(struct sip_leg *leg);
void early_reset(struct sip_leg *leg); /* for a new INVITE that begins from the start */
void early_release(struct sip_leg *leg);

/* leg_response.c: answers to our INVITE */
int leg_on_invite_response(void *arg, nta_outgoing_t *orq, sip_t const *sip);
/* One of our requests found the dialog gone (481), or no answer (408): ends the leg. */
bool leg_check_alive(struct sip_leg *leg, int status);

/* leg_reoffer.c */
void leg_reoffer_next(struct sip_leg *leg); /* sends the re-INVITE that has waited, if any */
int leg_on_reoffer(struct sip_leg *leg, nta_incoming_t *irq, sip_t const *sip, bool update);

/* leg_end.c */
int leg_on_bye(struct sip_leg *leg, nta_incoming_t *irq, sip_t const *sip);

/* leg_refer.c: a REFER of ours, and the NOTIFYs that it brings */
int leg_on_notify(struct sip_leg *leg, nta_incoming_t *irq, sip_t const *sip);
void refer_out_stop(struct sip_leg *leg);
int refer_target_check(const char *uri); /* uri.c: a SIP or tel URI; 0 or -EINVAL */

/* leg_referred.c: a REFER of theirs, and our NOTIFYs */
int leg_on_refer(struct sip_leg *leg, nta_incoming_t *irq, sip_t const *sip);
void refer_in_stop(struct sip_leg *leg, bool by_peer); /* tells them what is known */
bool refers_quietly(sip_t const *sip);		       /* Refer-Sub: false (RFC 4488) */

/* leg_info.c */
int leg_on_info(struct sip_leg *leg, nta_incoming_t *irq, sip_t const *sip);
/* "Signal=5\r\nDuration=160" or, without relay, "5". False: no digit in it. */
bool dtmf_body_parse(
	const char *body, size_t length, bool relay, char *ret_digit, unsigned *ret_duration_ms);

/* leg_session.c: RFC 4028 */
int session_check(struct sip_agent *agent, nta_incoming_t *irq, sip_t const *sip); /* 0 or 422 */
void session_request(struct sip_leg *leg, sip_t const *sip); /* learns from a request */
char *session_response_header(struct sip_leg *leg); /* Session-Expires for a 200, or NULL */
void session_response(struct sip_leg *leg, sip_t const *sip); /* learns from a 200 */
void session_start(struct sip_leg *leg);
void session_stop(struct sip_leg *leg);
char *session_request_header(struct sip_leg *leg); /* lines for our INVITE or UPDATE, or NULL */

/* via_guard.c: sofia's header classes with a safe Via; free() it after the agent. */
msg_mclass_t *via_guard_new(void);

/* agent_listen.c */
int agent_listen(struct sip_agent *agent, const struct sip_config *config, char **ret_error);
/* The socket that faces the peer, when we are bound to all addresses; NULL: there is but one. */
tport_t *agent_tport(struct sip_agent *agent, const char *peer_ip, bool tcp);
bool is_wildcard(const char *addr);

/* route.c */
/* Host, port and transport of a SIP URI. False: not one, or unknown transport. */
struct sip_target {
	char host[256]; /* IPv6 without brackets */
	uint16_t port;	/* 0: not given */
	bool tcp, transport_given, loose;
};
bool target_parse(const char *uri, struct sip_target *ret_target);
/* Numeric URI for sofia. */
void hop_write(
	char out[SIP_HOP_SIZE], const struct sockaddr_storage *address, uint16_t port, bool tcp);
const char *leg_next_hop(struct sip_leg *leg); /* for a request inside the dialog */
/* For one inside another dialog of the leg, into out. */
void leg_branch_hop(struct sip_leg *leg, nta_leg_t *dialog, char out[SIP_HOP_SIZE]);
/* Our own address, or with a wildcard that of the interface that leads to the peer. */
bool agent_interface(struct sip_agent *agent, const char *peer_ip, char out[64]);
/* Our address as `peer` would see it: external_ip, the bound one, or the interface's. */
void agent_host(struct sip_agent *agent, const char *peer_ip, char out[64]);
char *agent_contact(struct sip_agent *agent, const char *user, const char *peer_ip, bool tcp);
#endif
