/* tls.h - TLS over a socket that does not block: OpenSSL without its surprises. One thread.
 *
 * TLS 1.2 at least. Of a server, the certificate must lead to an authority of the system or of
 * ca_file, be in time and name the host that was meant; SNI names it too. Clients are not asked
 * for one. */
#ifndef HTTP_TLS_H
#define HTTP_TLS_H

#include <stdbool.h>
#include <sys/types.h>

struct tls_context;
struct tls;

/* ca_file: authorities in PEM trusted beside those of the system, or NULL. NULL with a malloc'd
 * *ret_error. */
struct tls_context *tls_context_new(const char *ca_file, char **ret_error);
/* For the server's side: a certificate with what leads to its authority, and its key, both PEM. The
 * key must be the certificate's. */
struct tls_context *tls_context_new_server(
	const char *certificate_file, const char *key_file, char **ret_error);
/* Sessions that are there go on. NULL allowed; returns NULL. */
struct tls_context *tls_context_free(struct tls_context *context);

/* fd is borrowed; host is a name or an IP address, NULL on the server's side. */
struct tls *tls_new(struct tls_context *context, int fd, const char *host);
struct tls *tls_free(struct tls *tls); /* says so to the peer if it can; NULL allowed */

/* -EAGAIN: the socket must become readable, or writable when tls_wants_write(). Other errors are
 * final, tls_error() has words for them. */
int tls_handshake(struct tls *tls);
ssize_t tls_read(struct tls *tls, void *buffer, size_t size); /* 0: the peer has closed */
ssize_t tls_write(struct tls *tls, const void *data, size_t length);
bool tls_wants_write(const struct tls *tls);
const char *tls_error(const struct tls *tls);

#endif
