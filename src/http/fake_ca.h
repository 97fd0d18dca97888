/* fake_ca.h - a certificate authority for tests, made anew each time. */
#ifndef HTTP_FAKE_CA_H
#define HTTP_FAKE_CA_H

#include <openssl/ssl.h>

struct fake_ca;

struct fake_ca *fake_ca_new(void);
struct fake_ca *fake_ca_free(struct fake_ca *ca);   /* removes the file; returns NULL */
const char *fake_ca_file(const struct fake_ca *ca); /* its certificate in PEM */

enum fake_certificate { CERTIFICATE_GOOD, CERTIFICATE_SELF_SIGNED, CERTIFICATE_EXPIRED };

/* A server with a certificate for the name or IP address. To be freed by SSL_CTX_free(). */
SSL_CTX *fake_ca_server(struct fake_ca *ca, const char *host, enum fake_certificate kind);

#endif
