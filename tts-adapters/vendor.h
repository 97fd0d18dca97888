/* vendor.h - speech adapters that ask a vendor over HTTP.
 *
 * NAME.c says what that vendor is to be asked: it fills address, headers and body of one POST from
 * what nccod and the operator want. vendor.c does the rest: options, the request, the answer as
 * WAV on stdout while it comes. A file NAME.c with a `const struct vendor vendor_NAME` and a row in
 * the makefile make an adapter; an adapter in any other language is an executable file and no row.
 *
 * Exit status: 0, 1, or 2 when the vendor works and only this request is at fault, so that the
 * adapter is not left out for it. Keys come by NCCO_OPT_* and never show: not in arguments, and
 * blotted out of what the vendor says about them. */
#ifndef TTS_ADAPTERS_VENDOR_H
#define TTS_ADAPTERS_VENDOR_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/json.h"
#include "base/strbuf.h"

enum vendor_status { VENDOR_OK, VENDOR_FAILED, VENDOR_NOT_FOR_ME };

enum vendor_answer {
	VENDOR_WAV, /* passed on */
	VENDOR_PCM, /* 16 bit, little endian, mono, at pcm_rate: gets a header */
	VENDOR_JSON /* WAV in base64 in the member `member` */
};

struct vendor_call {
	/* What is wanted. */
	const char *text;
	bool ssml; /* the text begins with <speak */
	const char *language;
	const char *voice; /* NULL: none named */
	unsigned style, rate;
	bool premium;

	/* What to ask: for prepare(). */
	char *url;
	struct curl_slist *headers;
	struct strbuf body;
	enum vendor_answer answer;
	unsigned pcm_rate;
	const char *member;
};

struct vendor {
	const char *name;
	bool ssml;
	const char *const *options; /* that scripts may set, NULL-terminated */
	/* VENDOR_OK, or another with what is wrong, malloc'd. */
	enum vendor_status (*prepare)(struct vendor_call *call, char **ret_error);
};

extern const struct vendor vendor_azure, vendor_google, vendor_openai, vendor_polly;

/* The program: --capabilities, --check (is it configured?), else text on stdin. */
int vendor_main(const struct vendor *vendor, int argc, char **argv);

/* NCCO_OPT_KEY, key in upper case; NULL when it is not set or empty. A secret is one that must not
 * be seen in messages. */
const char *vendor_option(const char *key);
const char *vendor_secret(const char *key);
/* A number from lowest to highest; `otherwise` when it is not set. False when it is none. */
bool vendor_number(
	const char *key, double lowest, double highest, double otherwise, double *ret_number);

/* NCCO_OPT_URL without slashes at its end, else `otherwise`; malloc'd. NULL when it is no URL. */
char *vendor_base(const char *otherwise);
/* False when the value has control characters; nothing is added then. */
bool vendor_header(struct vendor_call *call, const char *name, const char *value);
/* The object becomes the body, and is given back to json-c. */
void vendor_json_body(struct vendor_call *call, struct json_object *object);
/* Text as XML has it between tags and in attributes; what XML cannot hold is left out. */
void vendor_add_xml(struct strbuf *sb, const char *text);

/* A name that may stand in a host name or in an attribute: letters, digits, '-', '_', ':', '.'. */
bool vendor_plain(const char *name);

/* Voices of one language; a list of names with blanks between them. */
struct vendor_voices {
	const char *language; /* NULL ends a table */
	const char *names;
};

/* The style's voice of the language, else of a relative (en-NZ: the first en-): malloc'd, or NULL.
 * Style 0 is the first of the list, and so on, again from the front when it ends. */
char *vendor_pick(const struct vendor_voices *table, const char *language, unsigned style);

/* The answer, for vendor.c: libcurl's write function, and what is left to do at the end. */
struct vendor_reply {
	const struct vendor_call *call;
	CURL *curl;
	bool begun;	    /* sound went out */
	struct strbuf held; /* the beginning, or all of it, until it is known what it is */
	char *error;	    /* why writing stopped; malloc'd */
};
size_t vendor_on_body(char *data, size_t size, size_t count, void *reply);
enum vendor_status vendor_finish(
	struct vendor_reply *reply, CURLcode result, const char *detail, char **ret_error);

/* A handle for one request, with what is the same for all; detail is for curl's own words. */
CURL *vendor_curl(const char *url, struct curl_slist *headers, char detail[CURL_ERROR_SIZE]);
/* What an answer other than 200 says, in a line; whether it is the request's fault. */
enum vendor_status vendor_refused(long status, const struct strbuf *body, char **ret_error);

/* Blots out all that vendor_secret() gave, in place. */
void vendor_blot(char *text);

#endif
