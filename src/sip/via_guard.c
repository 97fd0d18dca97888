/* A guard before sofia's parser of Via, which strangers write.
 *
 * An answer must go to where its request came from. nta believes a maddr parameter, and for some
 * refusals (too large, wrong version, wrong transport) the host in Via: it would send to anyone,
 * and look names up with getaddrinfo(), which waits. So the topmost Via of a request gets its
 * "received" and "rport" before nta sees it, and loses its maddr, which is for multicast.
 *
 * nta compares branches from their eighth byte on, as if the magic cookie of RFC 3261
 * ("z9hG4bK") always stood there, and reads past the end of a shorter one. Such a branch cannot
 * name a transaction, so it is hidden from nta, which then matches by the rules of RFC 2543
 * (RFC 3261 section 17.2.3). It stays among the parameters: answers carry it. */
#include "sip/agent_private.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sofia-sip/msg_addr.h>
#include <sofia-sip/msg_mclass.h>
#include <stdlib.h>
#include <string.h>

#define COOKIE_LENGTH 7

static issize_t parse_via(su_home_t *home, msg_header_t *header, char *text, isize_t length);

static msg_hclass_t *guarded_class(void)
{
	static struct msg_hclass_s guarded;

	if (!guarded.hc_parse) {
		guarded = *sip_via_class;
		guarded.hc_parse = parse_via;
	}
	return &guarded;
}

/* Only sofia's parser of messages uses our class, and its memory home is the message. */
static void pin_to_source(su_home_t *home, sip_via_t *via)
{
	msg_t *msg = (msg_t *)home;
	const sip_t *sip = sip_object(msg);
	const su_sockaddr_t *source = msg_addr(msg);
	char text[INET6_ADDRSTRLEN];

	if (!sip || !sip->sip_request || sip->sip_via || via->v_common->h_prev ||
		!inet_ntop(source->su_family, SU_ADDR(source), text, sizeof(text)))
		return;
	msg_header_remove_param(via->v_common, "maddr");
	msg_header_replace_param(home, via->v_common, su_sprintf(home, "received=%s", text));
	if (via->v_rport) /* RFC 3581 section 4 */
		msg_header_replace_param(
			home, via->v_common, su_sprintf(home, "rport=%u", ntohs(source->su_port)));
}

/* For a list in one line sofia calls us again from within, for each further item. */
static issize_t parse_via(su_home_t *home, msg_header_t *header, char *text, isize_t length)
{
	issize_t result = sip_via_class->hc_parse(home, header, text, length);
	sip_via_t *via = (sip_via_t *)header;

	if (result < 0)
		return result;
	if (via->v_branch && strlen(via->v_branch) <= COOKIE_LENGTH)
		via->v_branch = NULL;
	via->v_common->h_class = sip_via_class; /* all of sofia but the parser knows only this */
	pin_to_source(home, via);
	return result;
}

/* The parser finds a class by its name, and the first of that name counts; all others find
 * sip_via_class, which comes behind it, by its address. */
msg_mclass_t *via_guard_new(void)
{
	msg_mclass_t *classes = msg_mclass_clone(sip_default_mclass(), 0, 0);
	msg_href_t *short_via, plain = {.hr_class = NULL};

	if (!classes)
		return NULL;
	for (int i = 0; i < classes->mc_hash_size; i++) {
		if (classes->mc_hash[i].hr_class != sip_via_class)
			continue;
		plain = classes->mc_hash[i];
		classes->mc_hash[i].hr_class = guarded_class();
	}
	short_via = (msg_href_t *)&classes->mc_short['v' - 'a'];
	if (!plain.hr_class || msg_mclass_insert(classes, &plain) < 0) {
		free(classes);
		return NULL;
	}
	short_via->hr_class = guarded_class();
	return classes;
}
