/* refer.h - what REFER and its NOTIFYs say: the dialog that a new call is to replace (RFC 3891),
 * the outcome in a message/sipfrag (RFC 3420). Pure. */
#ifndef SIP_REFER_H
#define SIP_REFER_H

#include <stdbool.h>
#include <stddef.h>

#define REFER_MAX_TEXT 256 /* of a Call-ID, a tag, a phrase */

struct refer_replaces {
	char call_id[REFER_MAX_TEXT], to_tag[REFER_MAX_TEXT], from_tag[REFER_MAX_TEXT];
	bool early_only;
};

/* Reads "Replaces=ID%3Bto-tag%3DA%3Bfrom-tag%3DB" among the headers of a URI (what follows its
 * question mark). 1: it is there; 0: it is not; -EBADMSG: malformed, or with what no header may
 * have. */
int refer_replaces_parse(const char *headers, struct refer_replaces *ret_replaces);

/* The status of "SIP/2.0 180 Ringing\r\n...", and its phrase; 0: none. */
int sipfrag_status(const char *body, size_t length, char ret_phrase[REFER_MAX_TEXT]);

#endif
