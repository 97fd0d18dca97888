/* What an INVITE of ours may branch into before it is answered: proxies fork it, and each callee
 * that rings makes an early dialog of its own (RFC 3261 section 12.1.2). A branch is named by its
 * tag; leg->dialog is that of the one we are in. sofia gives us all responses in one transaction
 * and leaves reliable ones (RFC 3262) to us. */
#include "sip/agent_private.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define MAX_BRANCHES 8

struct early_branch {
	nta_leg_t *dialog;
	uint32_t rseq; /* of the last reliable response, 0: none yet */
	bool answered; /* reliably: our offer has its answer */
	bool updated;  /* by an UPDATE of theirs after that */
	char *sdp;     /* the reliable answer */
};

/* A dialog of the same call, with their tag or (NULL) none yet. */
static nta_leg_t *new_dialog(struct sip_leg *leg, uint32_t cseq, const char *tag)
{
	char number[32], *to = xasprintf(tag ? "%s;tag=%s" : "%s", leg->to, tag);
	nta_leg_t *dialog;

	snprintf(number, sizeof(number), "%u INVITE", cseq);
	dialog = nta_leg_tcreate(leg->agent->nta, agent_on_request, leg,
		SIPTAG_CALL_ID_STR(leg->call_id), SIPTAG_FROM_STR(leg->from), SIPTAG_TO_STR(to),
		SIPTAG_CSEQ_STR(number), TAG_END());
	free(to);
	return dialog;
}

static struct early_branch *find(const struct sip_leg *leg, const nta_leg_t *dialog)
{
	for (unsigned i = 0; i < leg->branch_count; i++) {
		if (leg->branches[i].dialog == dialog)
			return &leg->branches[i];
	}
	return NULL;
}

static struct early_branch *find_tag(const struct sip_leg *leg, const char *tag)
{
	for (unsigned i = 0; i < leg->branch_count; i++) {
		if (strcmp(nta_leg_get_rtag(leg->branches[i].dialog), tag) == 0)
			return &leg->branches[i];
	}
	return NULL;
}

static struct early_branch *add(struct sip_leg *leg, nta_leg_t *dialog)
{
	if (!leg->branches)
		leg->branches = xcalloc(MAX_BRANCHES, sizeof(*leg->branches));
	leg->branches[leg->branch_count].dialog = dialog;
	return &leg->branches[leg->branch_count++];
}

struct early_branch *early_take(struct sip_leg *leg, sip_t const *sip)
{
	const char *tag = sip->sip_to->a_tag;
	struct early_branch *branch = tag ? find_tag(leg, tag) : NULL;
	nta_leg_t *dialog;

	if (!tag || branch || leg->branch_count == MAX_BRANCHES)
		return branch;
	if (leg->branch_count == 0) {
		dialog = leg->dialog;
		nta_leg_rtag(dialog, tag);
	} else {
		dialog = new_dialog(leg, sip->sip_cseq->cs_seq, tag);
	}
	if (!dialog)
		return NULL;
	nta_leg_client_route(dialog, sip->sip_record_route, sip->sip_contact);
	return add(leg, dialog);
}

static void send_prack(struct sip_leg *leg, const struct early_branch *branch, sip_t const *sip)
{
	char to[SIP_HOP_SIZE], rack[64];
	const char *hop = to;
	nta_outgoing_t *prack;

	leg_branch_hop(leg, branch->dialog, to);
	snprintf(rack, sizeof(rack), "%u %u INVITE", branch->rseq, sip->sip_cseq->cs_seq);
	prack = nta_outgoing_tcreate(branch->dialog, NULL, NULL, URL_STRING_MAKE(hop),
		SIP_METHOD_PRACK, NULL, SIPTAG_RACK_STR(rack), NTATAG_TPORT(leg->tport),
		SIPTAG_USER_AGENT_STR(leg->agent->user_agent), TAG_END());
	nta_outgoing_destroy(prack); /* sofia keeps it until it is answered */
}

bool early_acknowledge(struct sip_leg *leg, struct early_branch *branch, sip_t const *sip)
{
	size_t length;
	const char *sdp = leg_body(sip, &length);
	uint32_t rseq = sip->sip_rseq ? sip->sip_rseq->rs_response : 0;

	if (!rseq || !sip->sip_require || !has_option(sip->sip_require->k_items, "100rel"))
		return true;
	if (branch->rseq && rseq != branch->rseq + 1) /* RFC 3262 section 4 */
		return false;
	branch->rseq = rseq;
	send_prack(leg, branch, sip);
	if (sdp && !branch->answered) {
		branch->sdp = xstrndup(sdp, length);
		branch->answered = true;
	}
	return true;
}

void early_confirm(struct sip_leg *leg, sip_t const *sip, const char **sdp, size_t *length)
{
	const char *tag = sip->sip_to->a_tag;
	struct early_branch *branch = tag ? find_tag(leg, tag) : NULL;
	nta_leg_t *dialog = leg->dialog;

	if (branch)
		dialog = branch->dialog;
	else if (tag && leg->branch_count)
		dialog = new_dialog(leg, sip->sip_cseq->cs_seq, tag);
	if (dialog)
		leg->dialog = dialog; /* the one before is that of a branch */
	nta_leg_rtag(leg->dialog, tag);
	if (!branch || !branch->answered)
		return;
	/* The answer was in a 18x: known, but when another branch came after it. */
	*sdp = leg->branch_count > 1 && !branch->updated ? branch->sdp : NULL;
	*length = *sdp ? strlen(*sdp) : 0;
}

void early_select(struct sip_leg *leg, nta_leg_t *dialog)
{
	if (find(leg, dialog))
		leg->dialog = dialog;
}

bool early_is_answered(const struct sip_leg *leg)
{
	const struct early_branch *branch = find(leg, leg->dialog);

	return branch && branch->answered;
}

void early_set_updated(struct sip_leg *leg)
{
	struct early_branch *branch = find(leg, leg->dialog);

	if (branch)
		branch->updated = true;
}

void early_release(struct sip_leg *leg)
{
	for (unsigned i = 0; i < leg->branch_count; i++) {
		if (leg->branches[i].dialog != leg->dialog)
			nta_leg_destroy(leg->branches[i].dialog);
		free(leg->branches[i].sdp);
	}
	free(leg->branches);
	leg->branches = NULL;
	leg->branch_count = 0;
}

void early_reset(struct sip_leg *leg)
{
	nta_leg_t *dialog;

	if (leg->branch_count == 0)
		return;
	dialog = new_dialog(leg, nta_leg_get_seq(leg->dialog), NULL);
	if (!dialog)
		return;
	early_release(leg);
	nta_leg_destroy(leg->dialog);
	leg->dialog = dialog;
}
