/* What a party of a call asks for by REFER (RFC 3515): a transfer (core thread).
 *
 * Blind: somebody is called and takes its place. One of the others stays on whose behalf that call
 * is made; the party may hang up meanwhile, and is hung up when it has been replaced. Attended
 * (Refer-To with Replaces): it has a second call here, and those whom it talks to in both are put
 * together. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "call/call_private.h"
#include "call/connect.h"
#include "call/refer_target.h"

#define RING_S	  60
#define HOST_SIZE 256

/* A blind transfer under way. */
struct referral {
	struct call *stays;    /* on its behalf somebody is called */
	struct call *referrer; /* NULL: has hung up */
	bool ringback;	       /* is played to who stays */
};

/* --- who is in the conversation --- */

static bool is_there(const struct call *call)
{
	return call->present && call->state < CALL_ENDING && call->leg;
}

/* One of those that the party talks to. NULL: none (any more). */
static struct call *find_other(const struct call *call)
{
	struct call *other;

	if (!call->conversation)
		return NULL;
	TAILQ_FOREACH (other, &call->conversation->members, member) {
		if (other != call && is_there(other))
			return other;
	}
	return NULL;
}

/* Of those that stay: who has made the referrer's call, else the first. NULL: nobody. */
static struct call *who_stays(struct call *referrer)
{
	struct call *parent = referrer->parent;

	if (parent && parent->conversation == referrer->conversation && is_there(parent))
		return parent;
	return find_other(referrer);
}

static unsigned count_others(const struct call *call)
{
	const struct call *other;
	unsigned count = 0;

	TAILQ_FOREACH (other, &call->conversation->members, member)
		count += other != call && is_there(other);
	return count;
}

/* Its party goes; those that it has brought into the conversation stay without it. */
static void release_children(struct call *call)
{
	struct call *child, *next;

	for (child = TAILQ_FIRST(&call->children); child; child = next) {
		next = TAILQ_NEXT(child, child);
		if (!child->dial.connect && is_there(child))
			call_leave_parent(child);
	}
}

static void tell_referrer(struct call *referrer, int status, const char *phrase)
{
	struct sip_leg *sip = referrer && referrer->leg ? leg_sip(referrer->leg) : NULL;

	if (sip)
		sip_leg_refer_notify(sip, status, phrase);
}

static void refuse(struct call *call, int status, const char *why)
{
	log_info(call->uuid, "REFER refused with %d: %s", status, why);
	sip_leg_refer_answer(leg_sip(call->leg), status);
}

/* --- blind --- */

static void referral_free(struct referral *referral)
{
	if (referral->ringback)
		leg_stop(referral->stays->leg);
	referral->stays->referral = NULL;
	if (referral->referrer)
		referral->referrer->referral = NULL;
	free(referral);
}

void call_referral_release(struct call *call)
{
	struct referral *referral = call->referral;

	if (!referral)
		return;
	if (call == referral->referrer) { /* who has asked for it need not stay */
		referral->referrer = NULL;
		call->referral = NULL;
		return;
	}
	tell_referrer(referral->referrer, 487, NULL);
	connect_cancel(call->connect);
	referral_free(referral);
}

/* Nobody's script plays to it then. */
static void start_ringback(struct referral *referral)
{
	struct call *stays = referral->stays;
	const struct codec *codec = leg_codec(stays->leg);
	struct prompt *prompt;

	if (referral->ringback || stays->state != CALL_BRIDGED || !codec ||
		!leg_media_running(stays->leg))
		return;
	prompt = tones_ringback(&stays->server->tones, codec);
	referral->ringback = true;
	leg_play(stays->leg, prompt, 0);
	prompt_unref(prompt);
}

static void stop_ringback(struct referral *referral)
{
	if (referral->ringback)
		leg_stop(referral->stays->leg);
	referral->ringback = false;
}

static void on_ringing(void *arg)
{
	struct referral *referral = arg;

	tell_referrer(referral->referrer, 180, NULL);
	start_ringback(referral);
}

static void on_early(void *arg)
{
	stop_ringback(arg);
}

static void on_connected(void *arg, struct call *callee)
{
	struct referral *referral = arg;
	struct call *referrer = referral->referrer;

	log_info(referral->stays->uuid, "transferred to call %s", callee->uuid);
	tell_referrer(referrer, 200, NULL);
	referral_free(referral);
	call_leave_parent(callee);
	if (referrer)
		call_hangup(referrer, NULL, NULL);
}

static int status_of(const struct call_outcome *outcome)
{
	static const struct {
		const char *name;
		int status;
	} rows[] = {{"busy", 486}, {"unanswered", 480}, {"timeout", 480}, {"rejected", 603}};

	if (outcome->sip_code >= 300)
		return outcome->sip_code;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (strcmp(rows[i].name, outcome->status) == 0)
			return rows[i].status;
	}
	return 503;
}

/* The conversation goes on as it was, if the referrer has waited. */
static void on_failed(void *arg, const struct call_outcome *outcome)
{
	struct referral *referral = arg;
	struct call *stays = referral->stays;

	log_info(stays->uuid, "transfer failed: %s", outcome->status);
	tell_referrer(referral->referrer, status_of(outcome), NULL);
	referral_free(referral);
	call_check_company(stays);
}

static const struct connect_handler handler = {
	.on_ringing = on_ringing,
	.on_early = on_early,
	.on_connected = on_connected,
	.on_failed = on_failed,
};

/* What the new call's INVITE says of who has caused it. New object. */
static struct json_object *headers_of(const struct sip_refer *refer)
{
	struct json_object *headers = json_object_new_object();
	const struct refer_replaces *r = refer->replaces;
	char *value;

	if (refer->referred_by)
		json_add_text(headers, "Referred-By", refer->referred_by);
	if (r) { /* a dialog of somebody else, RFC 3891 */
		value = xasprintf("%s;to-tag=%s;from-tag=%s%s", r->call_id, r->to_tag, r->from_tag,
			r->early_only ? ";early-only" : "");
		json_add_text(headers, "Replaces", value);
		json_add_text(headers, "Require", "replaces");
		free(value);
	}
	return headers;
}

static void transfer_blind(struct call *referrer, struct call *stays,
	const struct refer_target *target, const struct sip_refer *refer)
{
	struct referral *referral = xcalloc(1, sizeof(*referral));
	struct json_object *headers = headers_of(refer);
	struct ncco_endpoint endpoint = {.type = target->type,
		.pointer = "",
		.target = target->text,
		.standard_headers = headers};
	struct ncco_connect spec = {
		.pointer = "", .endpoints = &endpoint, .count = 1, .timeout_s = RING_S};

	log_info(
		referrer->uuid, "REFER to %s: it is called for call %s", target->text, stays->uuid);
	sip_leg_refer_answer(leg_sip(referrer->leg), 202);
	referral->stays = stays;
	referral->referrer = referrer;
	stays->referral = referrer->referral = referral;
	release_children(referrer);
	connect_start(stays, &spec, &handler, referral);
	json_object_put(headers);
}

/* The name by which the referrer has called us, which may be none that we know of. */
static void called_host(const struct call *call, char out[HOST_SIZE])
{
	const char *at = strchr(sip_leg_request_uri(leg_sip(call->leg)), '@');

	snprintf(out, HOST_SIZE, "%.*s", at ? (int)strcspn(at + 1, ":;?>") : 0, at ? at + 1 : "");
}

static int read_target(struct call *call, const char *uri, struct refer_target *ret_target)
{
	const struct server *server = call->server;
	const struct config *config = server->config;
	char address[64], called[HOST_SIZE] = "";
	const char *hosts[] = {address, called, config->proxy.addr, config->external_ip, NULL};
	struct refer_own own = {
		hosts, {sip_agent_port(server->agent, false), sip_agent_port(server->agent, true)}};

	sip_agent_host(server->agent, address);
	if (!call->outbound)
		called_host(call, called);
	return refer_target_read(config, call->app, &own, uri, ret_target);
}

static void refer_blind(struct call *call, const struct sip_refer *refer)
{
	struct call *stays = who_stays(call);
	struct refer_target target;
	int status;

	if (!stays) {
		refuse(call, 603, "nobody else is in the conversation");
		return;
	}
	if (call->referral || stays->referral || stays->connect) {
		refuse(call, 491, "somebody is being called already");
		return;
	}
	status = read_target(call, refer->to, &target);
	if (status) {
		refuse(call, status, "refer_targets does not allow it");
		return;
	}
	transfer_blind(call, stays, &target, refer);
	free(target.text);
}

/* --- attended --- */

static struct call *find_call(struct server *server, struct sip_leg *sip)
{
	struct call *call;

	TAILQ_FOREACH (call, &server->calls, link) {
		if (sip && call->leg && leg_sip(call->leg) == sip)
			return call;
	}
	return NULL;
}

static void move_others(const struct call *leaves, struct conversation *into)
{
	struct call *other;

	while ((other = find_other(leaves)))
		conversation_move(into, other, NULL);
}

/* A room stays what it is, for its members' scripts wait for its end; else the larger party
 * stays. */
static bool second_stays(const struct call *first, const struct call *second)
{
	if (first->conversation->name || second->conversation->name)
		return second->conversation->name != NULL;
	return count_others(second) > count_others(first);
}

static void bring_together(struct call *first, struct call *second)
{
	release_children(first);
	release_children(second);
	call_leave_parent(first);
	call_leave_parent(second);
	if (first->conversation == second->conversation)
		return;
	if (second_stays(first, second))
		move_others(first, second->conversation);
	else
		move_others(second, first->conversation);
}

/* Why not, or NULL. */
static const char *cannot_come_together(const struct call *first, const struct call *second)
{
	const struct conversation *a = first->conversation, *b = second->conversation;

	if (!find_other(first) || !find_other(second))
		return "there are no two parties to be put together";
	if (a == b)
		return NULL;
	if (a->name && b->name)
		return "both parties are rooms";
	if (a->count + b->count > first->server->config->limits.max_members)
		return "they are too many";
	return NULL;
}

static void refer_attended(struct call *call, struct call *second)
{
	const char *why;

	if (second == call || !config_same_application(second->app, call->app)) {
		refuse(call, 403, "the call to be replaced is another's");
		return;
	}
	why = cannot_come_together(call, second);
	if (why) {
		refuse(call, 603, why);
		return;
	}
	if (call->referral || second->referral) {
		refuse(call, 491, "somebody is being called already");
		return;
	}
	log_info(call->uuid, "REFER: its party is put together with that of call %s", second->uuid);
	sip_leg_refer_answer(leg_sip(call->leg), 202);
	tell_referrer(call, 200, NULL); /* before it is hung up because it is alone */
	bring_together(call, second);
	call_hangup(call, NULL, NULL);
	call_hangup(second, NULL, NULL);
}

void call_referred(struct call *call, const struct sip_refer *refer)
{
	struct call *second = NULL;

	if (call->state >= CALL_ENDING || !call->conversation) {
		refuse(call, 603, "the call is over");
		return;
	}
	if (refer->replaces)
		second =
			find_call(call->server, sip_leg_find(call->server->agent, refer->replaces));
	if (second)
		refer_attended(call, second);
	else
		refer_blind(call, refer);
}
