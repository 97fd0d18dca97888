/* A guard before sofia's parser: short Via branches.
 *
 * nta compares branches from their eighth byte on, as if the magic cookie of RFC 3261
 * ("z9hG4bK") always stood there, and reads past the end of a shorter one. Such a branch cannot
 * name a transaction, so it is hidden from nta, which then matches by the rules of RFC 2543
 * (RFC 3261 section 17.2.3). It stays among the parameters: answers carry it. */
#include "sip/agent_private.h"

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
