#include "http/tls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/mem.h"

struct tls_context {
	SSL_CTX *ctx;
	BIO_METHOD *method;
	unsigned users; /* whoever made it, and each session */
};

struct tls {
	struct tls_context *context;
	SSL *ssl;
	bool up;
	char error[200];
};

/* --- the socket: OpenSSL's own write() would raise SIGPIPE --- */

static int socket_fd(BIO *bio)
{
	return (int)(intptr_t)BIO_get_data(bio);
}

static int socket_result(BIO *bio, ssize_t n, int retry)
{
	BIO_clear_retry_flags(bio);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		BIO_set_flags(bio, retry | BIO_FLAGS_SHOULD_RETRY);
	return (int)n;
}

static int socket_write(BIO *bio, const char *data, int length)
{
	ssize_t n = send(socket_fd(bio), data, (size_t)length, MSG_NOSIGNAL);

	return socket_result(bio, n, BIO_FLAGS_WRITE);
}

static int socket_read(BIO *bio, char *buffer, int size)
{
	ssize_t n = recv(socket_fd(bio), buffer, (size_t)size, 0);

	return socket_result(bio, n, BIO_FLAGS_READ);
}

static long socket_control(BIO *bio, int what, long number, void *pointer)
{
	(void)bio;
	(void)number;
	(void)pointer;
	return what == BIO_CTRL_FLUSH;
}

static BIO_METHOD *socket_method(void)
{
	BIO_METHOD *method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket");

	if (!method)
		abort();
	BIO_meth_set_write(method, socket_write);
	BIO_meth_set_read(method, socket_read);
	BIO_meth_set_ctrl(method, socket_control);
	return method;
}

/* --- the context --- */

static const char *last_error(void)
{
	unsigned long error = ERR_peek_error();
	const char *text = ERR_SYSTEM_ERROR(error) ? strerror(ERR_GET_REASON(error))
						   : ERR_reason_error_string(error);

	return text ? text : "unknown error";
}

static struct tls_context *context_new(const SSL_METHOD *side)
{
	struct tls_context *context = xcalloc(1, sizeof(*context));

	context->users = 1;
	context->ctx = SSL_CTX_new(side);
	if (!context->ctx)
		abort();
	context->method = socket_method();
	SSL_CTX_set_min_proto_version(context->ctx, TLS1_2_VERSION);
	/* HTTP and WebSockets say by themselves where a message ends. */
	SSL_CTX_set_options(context->ctx,
		SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_IGNORE_UNEXPECTED_EOF);
	SSL_CTX_set_mode(context->ctx, SSL_MODE_ENABLE_PARTIAL_WRITE |
					       SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
					       SSL_MODE_RELEASE_BUFFERS);
	ERR_clear_error();
	return context;
}

struct tls_context *tls_context_new(const char *ca_file, char **ret_error)
{
	struct tls_context *context = context_new(TLS_client_method());

	SSL_CTX_set_verify(context->ctx, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_default_verify_paths(context->ctx);
	if (!ca_file || SSL_CTX_load_verify_file(context->ctx, ca_file) == 1)
		return context;
	*ret_error = xasprintf("%s: %s", ca_file, last_error());
	return tls_context_free(context);
}

/* HTTP/1.1 for those who would also speak something newer. */
static int on_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_length,
	const unsigned char *in, unsigned in_length, void *arg)
{
	static const unsigned char spoken[] = "\x08http/1.1";

	(void)ssl;
	(void)arg;
	return SSL_select_next_proto((unsigned char **)out, out_length, spoken, sizeof(spoken) - 1,
		       in, in_length) == OPENSSL_NPN_NEGOTIATED
		       ? SSL_TLSEXT_ERR_OK
		       : SSL_TLSEXT_ERR_NOACK;
}

struct tls_context *tls_context_new_server(
	const char *certificate_file, const char *key_file, char **ret_error)
{
	struct tls_context *context = context_new(TLS_server_method());
	const char *culprit = certificate_file;

	SSL_CTX_set_options(context->ctx, SSL_OP_CIPHER_SERVER_PREFERENCE);
	SSL_CTX_set_alpn_select_cb(context->ctx, on_alpn, NULL);
	if (SSL_CTX_use_certificate_chain_file(context->ctx, certificate_file) == 1) {
		culprit = key_file;
		if (SSL_CTX_use_PrivateKey_file(context->ctx, key_file, SSL_FILETYPE_PEM) == 1 &&
			SSL_CTX_check_private_key(context->ctx) == 1)
			return context;
	}
	*ret_error = xasprintf("%s: %s", culprit, last_error());
	return tls_context_free(context);
}

struct tls_context *tls_context_free(struct tls_context *context)
{
	if (!context || --context->users > 0)
		return NULL;
	SSL_CTX_free(context->ctx);
	BIO_meth_free(context->method);
	free(context);
	return NULL;
}

/* --- a session --- */

static bool is_address(const char *host)
{
	unsigned char address[16];

	return inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1;
}

static void name_peer(SSL *ssl, const char *host)
{
	if (is_address(host)) {
		X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host);
		return;
	}
	SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	if (SSL_set1_host(ssl, host) != 1 || SSL_set_tlsext_host_name(ssl, host) != 1)
		abort();
}

struct tls *tls_new(struct tls_context *context, int fd, const char *host)
{
	struct tls *tls = xcalloc(1, sizeof(*tls));
	BIO *bio = BIO_new(context->method);

	tls->ssl = SSL_new(context->ctx);
	if (!tls->ssl || !bio)
		abort();
	BIO_set_data(bio, (void *)(intptr_t)fd);
	BIO_set_init(bio, 1);
	SSL_set_bio(tls->ssl, bio, bio);
	tls->context = context;
	context->users++;
	if (host) {
		name_peer(tls->ssl, host);
		SSL_set_connect_state(tls->ssl);
	} else {
		SSL_set_accept_state(tls->ssl);
	}
	return tls;
}

struct tls *tls_free(struct tls *tls)
{
	if (!tls)
		return NULL;
	ERR_clear_error();
	if (tls->up)
		SSL_shutdown(tls->ssl);
	SSL_free(tls->ssl);
	tls_context_free(tls->context);
	free(tls);
	return NULL;
}

static void keep_error(struct tls *tls)
{
	long verified = SSL_get_verify_result(tls->ssl);

	tls->up = false;
	if (verified != X509_V_OK)
		snprintf(tls->error, sizeof(tls->error), "certificate refused: %s",
			X509_verify_cert_error_string(verified));
	else
		snprintf(tls->error, sizeof(tls->error), "%s", last_error());
}

/* What came of a call that gave no success. */
static int outcome(struct tls *tls, int returned)
{
	int saved = errno;

	switch (SSL_get_error(tls->ssl, returned)) {
	case SSL_ERROR_WANT_READ:
	case SSL_ERROR_WANT_WRITE:
		return -EAGAIN;
	case SSL_ERROR_ZERO_RETURN:
		return 0;
	case SSL_ERROR_SYSCALL:
		tls->up = false;
		snprintf(tls->error, sizeof(tls->error), "the connection broke off");
		return saved ? -saved : -ECONNRESET;
	default:
		keep_error(tls);
		return -EPROTO;
	}
}

int tls_handshake(struct tls *tls)
{
	int n, err;

	ERR_clear_error();
	errno = 0;
	n = SSL_do_handshake(tls->ssl);
	tls->up = n == 1;
	if (tls->up)
		return 0;
	err = outcome(tls, n);
	return err ? err : -ECONNRESET;
}

ssize_t tls_read(struct tls *tls, void *buffer, size_t size)
{
	size_t taken = 0;
	int n;

	ERR_clear_error();
	errno = 0;
	n = SSL_read_ex(tls->ssl, buffer, size, &taken);
	return n == 1 ? (ssize_t)taken : outcome(tls, n);
}

ssize_t tls_write(struct tls *tls, const void *data, size_t length)
{
	size_t taken = 0;
	int n, err;

	ERR_clear_error();
	errno = 0;
	n = SSL_write_ex(tls->ssl, data, length, &taken);
	if (n == 1)
		return (ssize_t)taken;
	err = outcome(tls, n);
	return err ? err : -EPIPE;
}

bool tls_wants_write(const struct tls *tls)
{
	return SSL_want_write(tls->ssl);
}

const char *tls_error(const struct tls *tls)
{
	return tls->error;
}
