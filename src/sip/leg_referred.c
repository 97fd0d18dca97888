/* A REFER of theirs: they ask us to call somebody, and are told by NOTIFY how that goes (RFC
 * 3515), one NOTIFY after the other. With "Refer-Sub: false" they do not want to know (RFC
 * 4488). */
#include "sip/agent_private.h"

#include <sofia-sip/sip_extra.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"

#define EXPIRES_S 180 /* a telephone may ring for so long */

struct refer_in {
	nta_incoming_t *request; /* not answered yet */
	nta_outgoing_t *notify;	 /* not answered yet */
	uint32_t cseq;
	bool numbered; /* not the first of the dialog: its events carry an id */
	bool quiet;
	int status; /* the next to be told, 0: none */
	char *phrase;
};

static void refer_in_free(struct sip_leg *leg)
{
	struct refer_in *in = leg->refer_in;

	leg->refer_in = NULL;
	nta_incoming_destroy(in->request);
	nta_outgoing_destroy(in->notify);
	free(in->phrase);
	free(in);
}

/* --- the request --- */

bool refers_quietly(sip_t const *sip)
{
	const sip_refer_sub_t *header = sip_refer_sub(sip);

	return header && header->rs_value && strcasecmp(header->rs_value, "false") == 0;
}

/* sofia keeps but one of those that may stand only once. */
static unsigned count(sip_t const *sip, const msg_hclass_t *class)
{
	const sip_header_t *header = (const sip_header_t *)sip->sip_request;
	unsigned found = 0;

	for (; header; header = (const sip_header_t *)header->sh_succ)
		found += header->sh_class == class;
	return found;
}

/* A SIP or tel URI to be called, and by no other method. */
static bool is_callable(const url_t *url)
{
	char method[16];

	if (url->url_type != url_sip && url->url_type != url_sips && url->url_type != url_tel)
		return false;
	return !url->url_params ||
	       url_param(url->url_params, "method", method, sizeof(method)) <= 0 ||
	       strcasecmp(method, "INVITE") == 0;
}

static int check(struct sip_leg *leg, nta_incoming_t *irq, sip_t const *sip)
{
	struct sip_agent *agent = leg->agent;

	if (!sip->sip_refer_to || count(sip, sip_refer_to_class) != 1)
		return agent_reply(agent, irq, 400, "Missing or repeated Refer-To");
	if (!is_callable(sip->sip_refer_to->r_url))
		return agent_reply(agent, irq, 400, "Refer-To is nothing to be called");
	if (leg->state != SIP_LEG_CONFIRMED)
		return agent_reply(agent, irq, SIP_403_FORBIDDEN);
	if (leg->refer_in)
		return agent_reply(agent, irq, SIP_491_REQUEST_PENDING);
	if (!leg->handler || !leg->handler->on_refer)
		return agent_reply(agent, irq, SIP_603_DECLINE);
	return 0;
}

static void take_request(struct sip_leg *leg, nta_incoming_t *irq, sip_t const *sip)
{
	struct refer_in *in = leg->refer_in = xcalloc(1, sizeof(*in));

	in->request = irq;
	in->cseq = sip->sip_cseq->cs_seq;
	in->numbered = leg->referred_once;
	in->quiet = refers_quietly(sip);
	leg->referred_once = true;
}

static char *bare_uri(su_home_t *home, const url_t *url)
{
	url_t bare = *url;

	bare.url_headers = NULL;
	return url_as_string(home, &bare);
}

int leg_on_refer(struct sip_leg *leg, nta_incoming_t *irq, sip_t const *sip)
{
	struct refer_replaces replaces;
	struct sip_refer refer = {0};
	su_home_t home[1] = {SU_HOME_INIT(home)};
	int status = check(leg, irq, sip), found = 0;

	if (!status) {
		found = refer_replaces_parse(sip->sip_refer_to->r_url->url_headers, &replaces);
		refer.to = bare_uri(home, sip->sip_refer_to->r_url);
		if (found < 0 || !refer.to)
			status = agent_reply(leg->agent, irq, 400, "Bad Replaces in Refer-To");
	}
	if (!status) {
		refer.replaces = found ? &replaces : NULL;
		if (sip->sip_referred_by)
			refer.referred_by = sip_header_as_string(
				home, (const sip_header_t *)sip->sip_referred_by);
		take_request(leg, irq, sip);
		leg->handler->on_refer(leg->arg, &refer);
	}
	su_home_deinit(home);
	return status;
}

/* --- what they are told --- */

static int on_notify_response(void *arg, nta_outgoing_t *orq, sip_t const *sip);

static void send_notify(struct sip_leg *leg, bool wait)
{
	struct refer_in *in = leg->refer_in;
	bool last = in->status >= 200;
	char *body = xasprintf("SIP/2.0 %d %s\r\n", in->status, in->phrase), *event, *state;

	event = in->numbered ? xasprintf("refer;id=%u", in->cseq) : xstrdup("refer");
	state = last ? xstrdup("terminated;reason=noresource")
		     : xasprintf("active;expires=%d", EXPIRES_S);
	in->notify = nta_outgoing_tcreate(leg->dialog, wait ? on_notify_response : NULL,
		wait ? leg : NULL, URL_STRING_MAKE(leg_next_hop(leg)), SIP_METHOD_NOTIFY, NULL,
		SIPTAG_CONTACT_STR(leg->contact), SIPTAG_EVENT_STR(event),
		SIPTAG_SUBSCRIPTION_STATE_STR(state), NTATAG_TPORT(leg->tport),
		SIPTAG_USER_AGENT_STR(leg->agent->user_agent),
		SIPTAG_CONTENT_TYPE_STR("message/sipfrag;version=2.0"), SIPTAG_PAYLOAD_STR(body),
		TAG_END());
	free(body);
	free(event);
	free(state);
	in->status = 0;
	if (last) /* they know it all; the transaction goes on by itself */
		refer_in_free(leg);
}

static int on_notify_response(void *arg, nta_outgoing_t *orq, sip_t const *sip)
{
	struct sip_leg *leg = arg;
	int status = sip ? sip->sip_status->st_status : 408;

	if (status < 200 || !leg->refer_in || leg->refer_in->notify != orq)
		return 0;
	leg_enter(leg);
	leg->refer_in->notify = NULL;
	nta_outgoing_destroy(orq);
	if (status >= 300) /* they do not want to know (any more) */
		refer_in_free(leg);
	else if (leg->refer_in->status)
		send_notify(leg, true);
	leg_leave(leg);
	return 0;
}

static void tell(struct sip_leg *leg, int status, const char *phrase)
{
	struct refer_in *in = leg->refer_in;

	in->status = status;
	xstrset(&in->phrase, phrase);
	if (!in->notify)
		send_notify(leg, true);
	agent_poke(leg->agent);
}

void sip_leg_refer_answer(struct sip_leg *leg, int status)
{
	struct refer_in *in = leg->refer_in;

	if (!in || !in->request)
		return;
	if (status >= 300) {
		agent_reply(leg->agent, in->request, status, sip_status_phrase(status));
		refer_in_free(leg);
		agent_poke(leg->agent);
		return;
	}
	nta_incoming_treply(in->request, SIP_202_ACCEPTED, SIPTAG_CONTACT_STR(leg->contact),
		SIPTAG_SERVER_STR(leg->agent->user_agent),
		TAG_IF(in->quiet, SIPTAG_HEADER_STR("Refer-Sub: false\r\n")), TAG_END());
	nta_incoming_destroy(in->request);
	in->request = NULL;
	if (in->quiet)
		refer_in_free(leg);
	else
		tell(leg, 100, "Trying");
	agent_poke(leg->agent);
}

void sip_leg_refer_notify(struct sip_leg *leg, int status, const char *phrase)
{
	if (leg->refer_in && !leg->refer_in->request)
		tell(leg, status, phrase ? phrase : sip_status_phrase(status));
}

void refer_in_stop(struct sip_leg *leg, bool by_peer)
{
	struct refer_in *in = leg->refer_in;

	if (!in)
		return;
	if (in->request) {
		agent_reply(leg->agent, in->request, SIP_481_NO_TRANSACTION);
		refer_in_free(leg);
		return;
	}
	nta_outgoing_destroy(in->notify);
	in->notify = NULL;
	if (!by_peer && in->status >= 200)
		send_notify(leg, false);
	else
		refer_in_free(leg);
}
