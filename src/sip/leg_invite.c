/* A new inbound call: what the INVITE says becomes a leg. */
#include "sip/agent_private.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sofia-sip/msg_addr.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/id.h"
#include "base/mem.h"

static char *user_of(const url_t *url)
{
	char *user;

	if (!url->url_user)
		return xstrdup("");
	user = xstrdup(url->url_user);
	url_unescape(user, user);
	return user;
}

static char *header_text(su_home_t *home, const void *header)
{
	char *text = sip_header_as_string(home, header), *copy = xstrdup(text ? text : "");

	su_free(home, text);
	return copy;
}

static char *uri_text(su_home_t *home, const url_t *url, bool bare)
{
	url_t plain = *url;
	char *text, *copy;

	if (bare) {
		plain.url_params = NULL;
		plain.url_headers = NULL;
	}
	text = url_as_string(home, &plain);
	copy = xstrdup(text ? text : "");
	su_free(home, text);
	return copy;
}

static void take_source(struct sip_leg *leg, msg_t *msg, sip_t const *sip)
{
	su_sockaddr_t *source = msg_addr(msg);
	char text[INET6_ADDRSTRLEN] = "";
	const char *transport = sip->sip_via ? strrchr(sip->sip_via->v_protocol, '/') : NULL;
	struct sockaddr_storage address = {0};

	memcpy(&address, source, sizeof(*source));
	leg->family = source->su_family;
	leg->tcp = transport && strcasecmp(transport, "/TCP") == 0;
	inet_ntop(source->su_family, SU_ADDR(source), text, sizeof(text));
	leg->source_ip = xstrdup(text);
	leg->source_addr = xasprintf(leg->family == AF_INET6 ? "%s [%s]:%u" : "%s %s:%u",
		leg->tcp ? "TCP" : "UDP", text, ntohs(source->su_port));
	hop_write(leg->hop, &address, ntohs(source->su_port), leg->tcp);
	memcpy(leg->first, leg->hop, sizeof(leg->first));
}

static void take_facts(struct sip_leg *leg, nta_incoming_t *irq, sip_t const *sip)
{
	su_home_t *home;
	size_t length;
	const char *sdp = leg_body(sip, &length);

	leg->invite = nta_incoming_getrequest(irq);
	home = msg_home(leg->invite);
	leg->call_id = xstrdup(sip->sip_call_id->i_id);
	leg->from = header_text(home, sip->sip_from);
	leg->to = header_text(home, sip->sip_to);
	leg->from_user = user_of(sip->sip_from->a_url);
	leg->to_user = user_of(sip->sip_to->a_url);
	leg->from_uri = uri_text(home, sip->sip_from->a_url, true);
	leg->request_uri = uri_text(home, sip->sip_request->rq_url, false);
	leg->request_user = user_of(sip->sip_request->rq_url);
	leg->user_agent = xstrdup(sip->sip_user_agent ? sip->sip_user_agent->g_string : "");
	if (sdp) {
		leg->sdp = xmalloc(length + 1);
		memcpy(leg->sdp, sdp, length);
		leg->sdp[length] = '\0';
		leg->sdp_length = length;
	}
	leg->late_offer = !sdp;
	leg->peer_supports_100rel =
		(sip->sip_supported && has_option(sip->sip_supported->k_items, "100rel")) ||
		(sip->sip_require && has_option(sip->sip_require->k_items, "100rel"));
	leg->peer_allows_update =
		sip->sip_allow && sip_is_allowed(sip->sip_allow, SIP_METHOD_UPDATE);
	take_source(leg, leg->invite, sip);
}

static bool start_dialog(struct sip_leg *leg, nta_incoming_t *irq, sip_t const *sip)
{
	leg->dialog = nta_leg_tcreate(leg->agent->nta, agent_on_request, leg,
		SIPTAG_CALL_ID(sip->sip_call_id), SIPTAG_FROM(sip->sip_to),
		SIPTAG_TO(sip->sip_from), NTATAG_REMOTE_CSEQ(sip->sip_cseq->cs_seq), TAG_END());
	if (!leg->dialog)
		return false;
	nta_leg_tag(leg->dialog, nta_incoming_tag(irq, NULL));
	nta_leg_server_route(leg->dialog, sip->sip_record_route, sip->sip_contact);
	nta_incoming_bind(irq, leg_on_ack_cancel, leg);
	leg->invite_in = irq;
	return true;
}

static int refuse_overload(struct sip_agent *agent, nta_incoming_t *irq)
{
	unsigned retry_after = 0;
	char seconds[16];
	int status = agent->handler->admit ? agent->handler->admit(agent->arg, &retry_after) : 0;

	if (!status)
		return 0;
	snprintf(seconds, sizeof(seconds), "%u", retry_after);
	nta_incoming_treply(irq, status, sip_status_phrase(status),
		TAG_IF(retry_after, SIPTAG_RETRY_AFTER_STR(seconds)),
		SIPTAG_SERVER_STR(agent->user_agent), TAG_END());
	return status;
}

/* What is wrong with the request before anyone is asked. 0, or the status that was sent. */
static int check_invite(struct sip_agent *agent, nta_incoming_t *irq, sip_t const *sip)
{
	enum url_type_e type = (enum url_type_e)sip->sip_request->rq_url->url_type;
	int status;

	if (type != url_sip && type != url_sips && type != url_tel)
		return agent_reply(agent, irq, SIP_416_UNSUPPORTED_URI);
	if (!sip->sip_contact || !sip->sip_from->a_tag)
		return agent_reply(agent, irq, 400,
			sip->sip_contact ? "Missing From tag" : "Missing Contact Header");
	status = agent_check_require(agent, irq, sip);
	if (!status)
		status = agent_check_body(agent, irq, sip);
	if (!status)
		status = session_check(agent, irq, sip);
	if (!status)
		status = refuse_overload(agent, irq);
	return status;
}

int leg_on_invite(struct sip_agent *agent, nta_incoming_t *irq, sip_t const *sip)
{
	struct sip_leg *leg;
	int status = check_invite(agent, irq, sip);

	if (status)
		return status;
	leg = leg_new(agent, true);
	leg_enter(leg);
	take_facts(leg, irq, sip);
	if (start_dialog(leg, irq, sip)) {
		leg->contact = agent_contact(agent, NULL, leg->source_ip, leg->tcp);
		leg->tport = agent_tport(agent, leg->source_ip, leg->tcp);
		session_request(leg, sip);
		nta_incoming_treply(irq, SIP_100_TRYING, TAG_END());
		agent->handler->on_invite(agent->arg, leg);
	} else {
		status = agent_reply(agent, irq, SIP_500_INTERNAL_SERVER_ERROR);
		leg->freed = true;
		leg_end(leg, status, NULL, false);
	}
	leg_leave(leg);
	return status;
}

/* Raw value of a header as it stood in the message, without the folding's line ends. */
static struct json_object *raw_value(const msg_common_t *common)
{
	const char *text = common->h_data, *colon = memchr(text, ':', common->h_len);
	const char *end = text + common->h_len;

	if (!colon)
		return NULL;
	for (text = colon + 1; text < end && strchr(" \t\r\n", *text);)
		text++;
	while (end > text && strchr(" \t\r\n", end[-1]))
		end--;
	return json_object_new_string_len(text, (int)(end - text));
}

static void add_header(struct json_object *object, su_home_t *home, const sip_header_t *header)
{
	const msg_common_t *common = header->sh_common;
	const char *name = common->h_class->hc_name;
	struct json_object *list, *value = NULL;

	if (sip_is_unknown(header))
		name = header->sh_unknown->un_name;
	if (!name)
		return;
	if (sip_is_unknown(header))
		value = json_object_new_string(
			header->sh_unknown->un_value ? header->sh_unknown->un_value : "");
	else if (common->h_data && common->h_len)
		value = raw_value(common);
	else if (common->h_data)
		return; /* a further item of the line before, already in its text */
	if (!value) {
		char *text = sip_header_as_string(home, header);

		value = json_object_new_string(text ? text : "");
		su_free(home, text);
	}
	if (!json_object_object_get_ex(object, name, &list)) {
		list = json_object_new_array();
		json_object_object_add(object, name, list);
	}
	json_object_array_add(list, value);
}

struct json_object *sip_leg_headers(const struct sip_leg *leg)
{
	struct json_object *object = json_object_new_object();
	const sip_header_t *header;
	const sip_t *sip;

	if (!leg->invite)
		return object;
	sip = sip_object(leg->invite);
	for (header = (const sip_header_t *)sip->sip_request; header;
		header = (const sip_header_t *)header->sh_succ) {
		if (sip_is_request(header) || sip_is_separator(header) || sip_is_payload(header) ||
			sip_is_error(header))
			continue;
		add_header(object, msg_home(leg->invite), header);
	}
	return object;
}
