/* Which request goes where. */
#include "sip/agent_private.h"

#include <string.h>
#include <strings.h>

int agent_reply(struct sip_agent *agent, nta_incoming_t *irq, int status, char const *phrase)
{
	nta_incoming_treply(irq, status, phrase, SIPTAG_SERVER_STR(agent->user_agent),
		TAG_IF(status == 405, SIPTAG_ALLOW_STR(SIP_ALLOW)),
		TAG_IF(status == 415, SIPTAG_ACCEPT_STR(SIP_ACCEPT)), TAG_END());
	return status;
}

bool has_option(const msg_param_t *list, const char *name)
{
	for (; list && *list; list++) {
		if (strcasecmp(*list, name) == 0)
			return true;
	}
	return false;
}

/* RFC 3261 section 8.2.2.3: 420 with what we do not know. */
int agent_check_require(struct sip_agent *agent, nta_incoming_t *irq, sip_t const *sip)
{
	const msg_param_t *items = sip->sip_require ? sip->sip_require->k_items : NULL;
	struct strbuf unknown = STRBUF_INIT;
	int status = 0;

	for (; items && *items; items++) {
		if (strcasecmp(*items, "100rel") && strcasecmp(*items, "timer") &&
			strcasecmp(*items, "norefersub"))
			strbuf_addf(&unknown, "%s%s", unknown.length ? ", " : "", *items);
	}
	if (unknown.length) {
		nta_incoming_treply(irq, SIP_420_BAD_EXTENSION,
			SIPTAG_UNSUPPORTED_STR(unknown.data), SIPTAG_SERVER_STR(agent->user_agent),
			TAG_END());
		status = 420;
	}
	strbuf_release(&unknown);
	return status;
}

/* Only plain SDP may come in an INVITE or UPDATE. */
int agent_check_body(struct sip_agent *agent, nta_incoming_t *irq, sip_t const *sip)
{
	bool identity = !sip->sip_content_encoding;

	if (!sip->sip_payload || sip->sip_payload->pl_len == 0)
		return 0;
	if (identity && sip->sip_content_type && sip->sip_content_type->c_type &&
		strcasecmp(sip->sip_content_type->c_type, "application/sdp") == 0)
		return 0;
	nta_incoming_treply(irq, SIP_415_UNSUPPORTED_MEDIA, SIPTAG_ACCEPT_STR("application/sdp"),
		SIPTAG_ACCEPT_ENCODING_STR("identity"), SIPTAG_SERVER_STR(agent->user_agent),
		TAG_END());
	return 415;
}

static int answer_options(struct sip_agent *agent, nta_incoming_t *irq, sip_t const *sip)
{
	int status = agent_check_require(agent, irq, sip);

	if (status)
		return status;
	nta_incoming_treply(irq, SIP_200_OK, SIPTAG_ALLOW_STR(SIP_ALLOW),
		SIPTAG_ACCEPT_STR(SIP_ACCEPT), SIPTAG_SUPPORTED_STR(SIP_SUPPORTED),
		SIPTAG_SERVER_STR(agent->user_agent), TAG_END());
	return 200;
}

/* Requests that belong to no dialog. */
int agent_on_stray(void *arg, nta_leg_t *stray, nta_incoming_t *irq, sip_t const *sip)
{
	struct sip_agent *agent = arg;

	(void)stray;
	if (sip->sip_request->rq_method == sip_method_ack)
		return 481; /* never sent: an ACK has no response */
	if (sip->sip_to->a_tag)
		return agent_reply(agent, irq, SIP_481_NO_TRANSACTION);
	switch (sip->sip_request->rq_method) {
	case sip_method_invite:
		return leg_on_invite(agent, irq, sip);
	case sip_method_options:
		return answer_options(agent, irq, sip);
	case sip_method_bye:
	case sip_method_cancel:
	case sip_method_info:
	case sip_method_prack:
	case sip_method_update:
	case sip_method_notify:
		return agent_reply(agent, irq, SIP_481_NO_TRANSACTION);
	case sip_method_refer: /* whoever is in no call with us has nothing to ask for */
		return agent_reply(agent, irq, SIP_403_FORBIDDEN);
	default:
		return agent_reply(agent, irq, SIP_405_METHOD_NOT_ALLOWED);
	}
}

static int on_dialog_options(struct sip_leg *leg, nta_incoming_t *irq, sip_t const *sip)
{
	return answer_options(leg->agent, irq, sip);
}

static int on_reinvite(struct sip_leg *leg, nta_incoming_t *irq, sip_t const *sip)
{
	return leg_on_reoffer(leg, irq, sip, false);
}

static int on_update(struct sip_leg *leg, nta_incoming_t *irq, sip_t const *sip)
{
	return leg_on_reoffer(leg, irq, sip, true);
}

static const struct {
	sip_method_t method;
	int (*on_request)(struct sip_leg *leg, nta_incoming_t *irq, sip_t const *sip);
} dialog_methods[] = {
	{sip_method_invite, on_reinvite},
	{sip_method_update, on_update},
	{sip_method_bye, leg_on_bye},
	{sip_method_info, leg_on_info},
	{sip_method_options, on_dialog_options},
	{sip_method_refer, leg_on_refer},
	{sip_method_notify, leg_on_notify},
};

/* Requests inside a dialog. */
int agent_on_request(void *arg, nta_leg_t *dialog, nta_incoming_t *irq, sip_t const *sip)
{
	struct sip_leg *leg = arg;
	int status = 0;

	if (sip->sip_request->rq_method == sip_method_ack)
		return 481;
	if (!sip->sip_to->a_tag) /* the same call again over another path */
		return agent_reply(leg->agent, irq, SIP_482_LOOP_DETECTED);
	for (size_t i = 0; i < sizeof(dialog_methods) / sizeof(dialog_methods[0]); i++) {
		if (dialog_methods[i].method != sip->sip_request->rq_method)
			continue;
		leg_enter(leg);
		early_select(leg, dialog);
		status = agent_check_require(leg->agent, irq, sip);
		if (!status)
			status = dialog_methods[i].on_request(leg, irq, sip);
		leg_leave(leg);
		return status;
	}
	return agent_reply(leg->agent, irq, SIP_405_METHOD_NOT_ALLOWED);
}
