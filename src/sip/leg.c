#include "sip/agent_private.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/mem.h"

static void on_end_timer(void *arg)
{
	struct sip_leg *leg = arg;
	const struct sip_leg_handler *handler = leg->handler;

	leg_enter(leg);
	leg->handler = NULL;
	if (handler && handler->on_ended)
		handler->on_ended(leg->arg, &leg->end);
	leg_leave(leg);
}

struct sip_leg *leg_new(struct sip_agent *agent, bool inbound)
{
	struct sip_leg *leg = xcalloc(1, sizeof(*leg));

	leg->agent = agent;
	leg->inbound = inbound;
	leg->family = agent->family;
	leg->state = inbound ? SIP_LEG_INVITED : SIP_LEG_INIT;
	timer_init(&leg->end_timer, agent->loop, on_end_timer, leg);
	TAILQ_INSERT_TAIL(&agent->legs, leg, entry);
	return leg;
}

static void destroy(struct sip_leg *leg)
{
	if (leg->agent) { /* else leg_detach() has done it, and the loop may be gone */
		TAILQ_REMOVE(&leg->agent->legs, leg, entry);
		timer_stop(&leg->end_timer);
	}
	msg_destroy(leg->invite);
	digest_login_release(&leg->login);
	char *owned[] = {leg->call_id, leg->from, leg->to, leg->from_user, leg->to_user,
		leg->from_uri, leg->request_uri, leg->request_user, leg->source_ip,
		leg->source_addr, leg->user_agent, leg->sdp, leg->contact, leg->local_sdp,
		leg->agreed_sdp, leg->next_sdp, leg->remote_sdp, leg->route, leg->headers,
		leg->end_reason};

	for (size_t i = 0; i < ARRAY_SIZE(owned); i++)
		free(owned[i]);
	free(leg);
}

void leg_enter(struct sip_leg *leg)
{
	leg->busy++;
}

void leg_leave(struct sip_leg *leg)
{
	if (--leg->busy == 0 && leg->freed && leg->state == SIP_LEG_ENDED)
		destroy(leg);
}

static void drop_outgoing(nta_outgoing_t **slot)
{
	nta_outgoing_destroy(*slot);
	*slot = NULL;
}

void leg_end(struct sip_leg *leg, int status, const char *reason, bool by_peer)
{
	if (leg->state == SIP_LEG_ENDED)
		return;
	leg->state = SIP_LEG_ENDED;
	session_stop(leg);
	leg->locate = locate_cancel(leg->locate);
	sip_hops_release(&leg->hops);
	nta_incoming_destroy(leg->invite_in);
	leg->invite_in = NULL;
	if (leg->offer_in)
		agent_reply(leg->agent, leg->offer_in, SIP_487_REQUEST_TERMINATED);
	nta_incoming_destroy(leg->offer_in);
	leg->offer_in = NULL;
	drop_outgoing(&leg->invite_out);
	drop_outgoing(&leg->update_out);
	drop_outgoing(&leg->options_out);
	refer_out_stop(leg);
	refer_in_stop(leg, by_peer);
	early_release(leg);
	nta_leg_destroy(leg->dialog);
	leg->dialog = NULL;
	xstrset(&leg->end_reason, reason ? reason : "");
	leg->end = (struct sip_end){status, leg->end_reason, by_peer};
	timer_start(&leg->end_timer, 0);
}

void leg_detach(struct sip_leg *leg)
{
	sip_leg_hangup(leg, NULL);
	leg_end(leg, 487, "the agent ends", false);
	TAILQ_REMOVE(&leg->agent->legs, leg, entry);
	leg->agent = NULL;
	timer_stop(&leg->end_timer);
	if (leg->freed && leg->busy == 0)
		destroy(leg);
}

const char *leg_body(sip_t const *sip, size_t *ret_length)
{
	*ret_length = 0;
	if (!sip->sip_payload || sip->sip_payload->pl_len == 0)
		return NULL;
	if (!sip->sip_content_type || !sip->sip_content_type->c_type ||
		strcasecmp(sip->sip_content_type->c_type, "application/sdp") != 0)
		return NULL;
	*ret_length = sip->sip_payload->pl_len;
	return sip->sip_payload->pl_data;
}

static bool printable_line(const char *text)
{
	for (; *text; text++) {
		if ((unsigned char)*text < 0x20 && *text != '\t')
			return false;
	}
	return true;
}

char *leg_header_lines(struct json_object *headers)
{
	struct strbuf lines = STRBUF_INIT;

	if (!headers || !json_object_is_type(headers, json_type_object))
		return NULL;
	json_object_object_foreach (headers, name, value) {
		const char *text = json_object_get_string(value);

		/* The caller has checked them; a line break must not pass here either. */
		if (text && printable_line(text) && printable_line(name))
			strbuf_addf(&lines, "%s: %s\r\n", name, text);
	}
	if (lines.length)
		return strbuf_detach(&lines);
	return NULL;
}

void sip_leg_set_handler(struct sip_leg *leg, const struct sip_leg_handler *handler, void *arg)
{
	leg->handler = handler;
	leg->arg = arg;
}

struct sip_leg *sip_leg_free(struct sip_leg *leg)
{
	if (!leg)
		return NULL;
	leg->handler = NULL;
	leg->freed = true;
	leg_enter(leg);
	if (leg->state != SIP_LEG_ENDED)
		sip_leg_hangup(leg, NULL);
	leg_leave(leg);
	return NULL;
}

struct sip_leg *sip_leg_find(struct sip_agent *agent, const struct refer_replaces *replaces)
{
	struct sip_leg *leg;

	TAILQ_FOREACH (leg, &agent->legs, entry) {
		const char *tag = leg->dialog ? nta_leg_get_tag(leg->dialog) : NULL;
		const char *rtag = leg->dialog ? nta_leg_get_rtag(leg->dialog) : NULL;

		if (tag && rtag && strcmp(tag, replaces->to_tag) == 0 &&
			strcmp(rtag, replaces->from_tag) == 0 &&
			strcmp(leg->call_id, replaces->call_id) == 0)
			return leg;
	}
	return NULL;
}

void *sip_leg_arg(const struct sip_leg *leg)
{
	return leg->arg;
}

static const char *or_empty(const char *text)
{
	return text ? text : "";
}

const char *sip_leg_call_id(const struct sip_leg *leg)
{
	return or_empty(leg->call_id);
}

const char *sip_leg_from(const struct sip_leg *leg)
{
	return or_empty(leg->from);
}

const char *sip_leg_to(const struct sip_leg *leg)
{
	return or_empty(leg->to);
}

const char *sip_leg_from_user(const struct sip_leg *leg)
{
	return or_empty(leg->from_user);
}

const char *sip_leg_to_user(const struct sip_leg *leg)
{
	return or_empty(leg->to_user);
}

const char *sip_leg_from_uri(const struct sip_leg *leg)
{
	return or_empty(leg->from_uri);
}

const char *sip_leg_request_uri(const struct sip_leg *leg)
{
	return or_empty(leg->request_uri);
}

const char *sip_leg_request_user(const struct sip_leg *leg)
{
	return or_empty(leg->request_user);
}

const char *sip_leg_source_ip(const struct sip_leg *leg)
{
	return or_empty(leg->source_ip);
}

const char *sip_leg_source_addr(const struct sip_leg *leg)
{
	return or_empty(leg->source_addr);
}

const char *sip_leg_user_agent(const struct sip_leg *leg)
{
	return or_empty(leg->user_agent);
}

int sip_leg_family(const struct sip_leg *leg)
{
	return leg->family;
}

const char *sip_leg_sdp(const struct sip_leg *leg, size_t *ret_length)
{
	if (ret_length)
		*ret_length = leg->sdp_length;
	return leg->sdp;
}

enum sip_leg_state sip_leg_state(const struct sip_leg *leg)
{
	return leg->state;
}
