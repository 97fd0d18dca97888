/* config_check.h - private to config.c: what values must be beyond their type. Pure. */
#ifndef CALL_CONFIG_CHECK_H
#define CALL_CONFIG_CHECK_H

#include "base/option_table.h"
#include "call/config.h"

/* Each: NULL when the text will do, else what it must be, a constant. */
const char *config_check_filled(const char *text);
const char *config_check_ip(const char *text);
const char *config_check_http_addr(const char *text);	 /* "", or address:port */
const char *config_check_url(const char *text);		 /* http or https with a host */
const char *config_check_number(const char *text);	 /* a called number or prefix* */
const char *config_check_refer_target(const char *text); /* number, prefix*, or SIP URI */
const char *config_check_header(const char *text);	 /* the value of an HTTP header */
const char *config_check_line(const char *text);	 /* no control characters */
const char *config_check_sip_uri(const char *text);	 /* that we can send to */
const char *config_check_network(const char *text);	 /* an address or a network of them */
const char *config_check_name_server(const char *text);	 /* address, or address:port */
const char *config_check_prefix(const char *text);	 /* of a telephone number */
const char *config_check_database(const char *text);	 /* sqlite://PATH */
const char *config_check_adapter(const char *text);	 /* a file name in tts.adapters */

/* What one key must be because of another. Faults go to `load`. */
void config_check(struct option_load *load, struct json_object *root, const struct config *config);

/* The marked value to blame: the key if it is given, else where it should be. */
struct json_object *config_blame(struct json_object *table, const char *key);

/* config_secure.c: keys and certificates. Reads the files of public keys into public_keys. */
const char *config_check_key(const char *text);	       /* that somebody can send in a header */
const char *config_check_public_key(const char *text); /* PEM */
const char *config_check_origin(const char *text);     /* of a web page, or "*" */
void config_check_secure(struct option_load *load, struct json_object *root, struct config *config);

#endif
