/* REGISTER: digest, refresh at 3/4 of what was granted, removal. */
#include "sip/agent_private.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/id.h"
#include "base/mem.h"

#define MAX_CHALLENGES 16
#define MAX_EXPIRES_S  86400

/* After a failure, and at most after many; the wait doubles each time (RFC 5626 section 4.5). */
#define RETRY_S	    30
#define RETRY_MAX_S 1800

struct sip_registration {
	TAILQ_ENTRY(sip_registration) entry;
	struct sip_agent *agent;
	nta_leg_t *dialog;
	nta_outgoing_t *out;
	struct locate *locate;
	struct sip_hops hops; /* of the registrar, that are left to be tried */
	struct timer timer;
	struct digest_login login;
	char *request_uri, *route, *contact, *user;
	tport_t *tport;
	char *server;		/* URI of who gets the requests */
	char hop[SIP_HOP_SIZE]; /* numeric; "": to be found out */
	unsigned expires_s;
	unsigned failures; /* in a row */
	bool granted;
	void (*on_status)(void *arg, int status, const char *phrase, unsigned expires_s);
	void *arg;
	bool *gone; /* set when the owner frees us inside on_status */
};

static int on_response(void *arg, nta_outgoing_t *orq, sip_t const *sip);
static void find_registrar(struct sip_registration *r);

static nta_outgoing_t *send_register(struct sip_registration *r, unsigned expires_s, bool silent)
{
	char expires[16], *authorization = NULL;
	nta_outgoing_t *orq;

	snprintf(expires, sizeof(expires), "%u", expires_s);
	if (r->login.header_value)
		authorization =
			xasprintf("%s: %s\r\n", r->login.header_name, r->login.header_value);
	orq = nta_outgoing_tcreate(r->dialog, silent ? NULL : on_response, silent ? NULL : r,
		URL_STRING_MAKE(r->hop), SIP_METHOD_REGISTER, URL_STRING_MAKE(r->request_uri),
		SIPTAG_ROUTE_STR(r->route), SIPTAG_CONTACT_STR(r->contact),
		SIPTAG_EXPIRES_STR(expires), SIPTAG_ALLOW_STR(SIP_ALLOW), NTATAG_TPORT(r->tport),
		SIPTAG_USER_AGENT_STR(r->agent->user_agent), SIPTAG_HEADER_STR(authorization),
		TAG_END());
	free(authorization);
	agent_poke(r->agent);
	return orq;
}

/* Returns false when the owner has freed the registration meanwhile. */
static bool tell(struct sip_registration *r, int status, const char *phrase, unsigned expires_s)
{
	bool gone = false;

	// cppcheck-suppress autoVariables ; taken back below
	r->gone = &gone;
	r->on_status(r->arg, status, phrase, expires_s);
	if (!gone)
		r->gone = NULL;
	return !gone;
}

static void on_timer(void *arg)
{
	struct sip_registration *r = arg;

	r->login.rounds = 0;
	if (*r->hop)
		r->out = send_register(r, r->expires_s, false);
	else
		find_registrar(r);
}

static bool answer_challenge(struct sip_registration *r, nta_outgoing_t *orq, sip_t const *sip)
{
	bool proxy = sip->sip_status->st_status == 407, answered;
	const sip_www_authenticate_t *challenge =
		proxy ? sip->sip_proxy_authenticate : sip->sip_www_authenticate;
	const char *values[MAX_CHALLENGES];
	su_home_t home[1] = {SU_HOME_INIT(home)};
	size_t count = 0;
	char *uri = url_as_string(home, nta_outgoing_request_uri(orq));

	for (; challenge && count < MAX_CHALLENGES; challenge = challenge->au_next) {
		values[count] = sip_header_as_string(home, (const sip_header_t *)challenge);
		if (values[count])
			count++;
	}
	answered = uri && digest_login_challenge(&r->login, proxy, values, count, "REGISTER", uri);
	su_home_deinit(home);
	return answered;
}

/* What the registrar granted to our Contact; with one binding per Call-ID it is the first
 * that says something, else the Expires header. */
static unsigned granted_expires(const struct sip_registration *r, sip_t const *sip)
{
	const sip_contact_t *contact = sip->sip_contact;

	for (; contact; contact = contact->m_next) {
		if (contact->m_expires && strstr(r->contact, contact->m_url->url_host))
			return (unsigned)strtoul(contact->m_expires, NULL, 10);
	}
	return sip->sip_expires ? (unsigned)sip->sip_expires->ex_delta : r->expires_s;
}

static bool raise_expires(struct sip_registration *r, sip_t const *sip)
{
	if (!sip->sip_min_expires || sip->sip_min_expires->me_delta <= r->expires_s ||
		sip->sip_min_expires->me_delta > MAX_EXPIRES_S)
		return false;
	r->expires_s = (unsigned)sip->sip_min_expires->me_delta;
	return true;
}

/* Between half of the wait and all of it, so that those who failed together do not come back
 * together. */
static void retry_later(struct sip_registration *r)
{
	unsigned shift = r->failures < 6 ? r->failures : 6, wait_s = RETRY_S << shift;

	r->failures++;
	if (wait_s > RETRY_MAX_S)
		wait_s = RETRY_MAX_S;
	timer_start(&r->timer, (500 + id_random_u32() % 501) * r->agent->second_us / 1000 * wait_s);
}

/* The next address of the registrar; false: there is none. */
static bool try_next_hop(struct sip_registration *r)
{
	const struct sip_hop *hop = sip_hops_take(&r->hops);
	struct sip_target target;

	if (!hop)
		return false;
	hop_write(r->hop, &hop->address, hop->port, hop->tcp);
	target_parse(r->hop, &target);
	free(r->contact);
	r->contact = agent_contact(r->agent, r->user, target.host, target.tcp);
	r->tport = agent_tport(r->agent, target.host, target.tcp);
	r->out = send_register(r, r->expires_s, false);
	return true;
}

static void on_final(struct sip_registration *r, sip_t const *sip, int status)
{
	bool internal = !sip || nta_sip_is_internal(sip);
	unsigned expires_s = sip && status < 300 ? granted_expires(r, sip) : 0;

	if ((internal || status == 503) && try_next_hop(r))
		return;
	r->granted = sip && status < 300;
	if (!r->granted && internal)
		*r->hop = '\0'; /* it may have another address by then */
	if (r->granted && expires_s) {
		r->login.rounds = 0;
		r->failures = 0;
		timer_start(&r->timer, expires_s * UINT64_C(750) * r->agent->second_us / 1000);
	} else {
		retry_later(r);
	}
	tell(r, internal ? 0 : status, sip ? sip->sip_status->st_phrase : "no answer", expires_s);
}

static int on_response(void *arg, nta_outgoing_t *orq, sip_t const *sip)
{
	struct sip_registration *r = arg;
	int status = sip ? sip->sip_status->st_status : 408;
	bool again = false;

	if (status < 200)
		return 0;
	r->out = NULL;
	if (sip && (status == 401 || status == 407))
		again = answer_challenge(r, orq, sip);
	else if (sip && status == 423)
		again = raise_expires(r, sip);
	if (again)
		r->out = send_register(r, r->expires_s, false);
	else
		on_final(r, sip, status);
	nta_outgoing_destroy(orq);
	return 0;
}

static void on_located(void *arg, const struct sip_hop *hops, size_t count, const char *error)
{
	struct sip_registration *r = arg;

	r->locate = NULL;
	if (count) {
		sip_hops_set(&r->hops, hops, count);
		try_next_hop(r);
		return;
	}
	retry_later(r);
	tell(r, 0, error, 0);
}

static void find_registrar(struct sip_registration *r)
{
	struct sip_agent *agent = r->agent;
	struct sip_target target;

	if (!target_parse(r->server, &target))
		target = (struct sip_target){.host = "invalid.invalid", .port = 5060};
	r->locate = locate_start(agent->resolver, &target, agent->family, agent->udp_port != 0,
		agent->tcp_port != 0, on_located, r);
}

static char *without_user(const char *uri)
{
	const char *at = strchr(uri, '@');

	return at ? xasprintf("sip:%s", at + 1) : xstrdup(uri);
}

static void choose_route(struct sip_registration *r, const struct sip_account *account)
{
	const char *proxy = account->outbound_proxy ? account->outbound_proxy : r->agent->proxy;
	struct sip_target target;

	r->request_uri = without_user(account->registrar);
	r->server = xstrdup(proxy ? proxy : account->registrar);
	if (proxy && target_parse(proxy, &target) && target.loose) {
		r->route = xasprintf("<%s>", proxy);
	} else if (proxy) {
		r->route = xasprintf("<%s>", r->request_uri);
		xstrset(&r->request_uri, proxy);
	}
	find_registrar(r);
}

struct sip_registration *sip_register(struct sip_agent *agent, const struct sip_account *account,
	void (*on_status)(void *arg, int status, const char *phrase, unsigned expires_s), void *arg)
{
	struct sip_registration *r = xcalloc(1, sizeof(*r));
	char *aor = xasprintf("<%s>", account->aor);
	const char *user = strchr(account->aor, ':');

	r->agent = agent;
	r->on_status = on_status;
	r->arg = arg;
	r->expires_s = account->expires_s ? account->expires_s : 3600;
	r->login.user = xstrdup(account->auth_user);
	r->login.password = xstrdup(account->password);
	user = user ? user + 1 : account->aor;
	r->user = xstrndup(user, strcspn(user, "@"));
	timer_init(&r->timer, agent->loop, on_timer, r);
	r->dialog = nta_leg_tcreate(
		agent->nta, NULL, NULL, SIPTAG_FROM_STR(aor), SIPTAG_TO_STR(aor), TAG_END());
	nta_leg_tag(r->dialog, NULL);
	free(aor);
	TAILQ_INSERT_TAIL(&agent->registrations, r, entry);
	choose_route(r, account);
	return r;
}

struct sip_registration *sip_unregister(struct sip_registration *r)
{
	if (!r)
		return NULL;
	if (r->gone)
		*r->gone = true;
	timer_stop(&r->timer);
	locate_cancel(r->locate);
	sip_hops_release(&r->hops);
	nta_outgoing_destroy(r->out);
	if (r->granted)
		nta_outgoing_destroy(send_register(r, 0, true));
	nta_leg_destroy(r->dialog);
	TAILQ_REMOVE(&r->agent->registrations, r, entry);
	digest_login_release(&r->login);
	free(r->server);
	free(r->request_uri);
	free(r->route);
	free(r->contact);
	free(r->user);
	free(r);
	return NULL;
}
