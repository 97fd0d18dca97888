#include "http/fake_ca.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"

#define DAY 86400L

struct fake_ca {
	EVP_PKEY *key;
	X509 *certificate;
	char file[32];
	long serial;
};

static void add_extension(X509 *certificate, int nid, const char *value)
{
	X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

	if (!extension)
		abort();
	X509_add_ext(certificate, extension, -1);
	X509_EXTENSION_free(extension);
}

static X509 *new_certificate(
	struct fake_ca *ca, EVP_PKEY *key, const char *name, long from_days, long to_days)
{
	X509 *certificate = X509_new();
	X509_NAME *subject = X509_get_subject_name(certificate);

	X509_set_version(certificate, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(certificate), ++ca->serial);
	X509_gmtime_adj(X509_getm_notBefore(certificate), from_days * DAY);
	X509_gmtime_adj(X509_getm_notAfter(certificate), to_days * DAY);
	X509_NAME_add_entry_by_txt(
		subject, "CN", MBSTRING_UTF8, (const unsigned char *)name, -1, -1, 0);
	X509_set_pubkey(certificate, key);
	return certificate;
}

static void sign(X509 *certificate, X509 *issuer, EVP_PKEY *key)
{
	X509_set_issuer_name(certificate, X509_get_subject_name(issuer));
	if (X509_sign(certificate, key, EVP_sha256()) == 0)
		abort();
}

struct fake_ca *fake_ca_new(void)
{
	struct fake_ca *ca = xcalloc(1, sizeof(*ca));
	FILE *file;

	ca->key = EVP_EC_gen("P-256");
	ca->certificate = new_certificate(ca, ca->key, "nccod test authority", -1, 30);
	add_extension(ca->certificate, NID_basic_constraints, "critical,CA:TRUE");
	sign(ca->certificate, ca->certificate, ca->key);
	snprintf(ca->file, sizeof(ca->file), "/tmp/nccod-ca-XXXXXX");
	file = fdopen(mkstemp(ca->file), "w");
	if (!file || PEM_write_X509(file, ca->certificate) != 1)
		abort();
	fclose(file);
	return ca;
}

struct fake_ca *fake_ca_free(struct fake_ca *ca)
{
	if (!ca)
		return NULL;
	unlink(ca->file);
	X509_free(ca->certificate);
	EVP_PKEY_free(ca->key);
	free(ca);
	return NULL;
}

const char *fake_ca_file(const struct fake_ca *ca)
{
	return ca->file;
}

SSL_CTX *fake_ca_server(struct fake_ca *ca, const char *host, enum fake_certificate kind)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	EVP_PKEY *key = EVP_EC_gen("P-256");
	bool expired = kind == CERTIFICATE_EXPIRED, own = kind == CERTIFICATE_SELF_SIGNED;
	X509 *certificate = new_certificate(ca, key, "server", -9, expired ? -2 : 9);
	char *names = xasprintf("%s:%s", host[0] >= '0' && host[0] <= '9' ? "IP" : "DNS", host);

	add_extension(certificate, NID_subject_alt_name, names);
	sign(certificate, own ? certificate : ca->certificate, own ? key : ca->key);
	if (!ctx || SSL_CTX_use_certificate(ctx, certificate) != 1 ||
		SSL_CTX_use_PrivateKey(ctx, key) != 1)
		abort();
	X509_free(certificate);
	EVP_PKEY_free(key);
	free(names);
	return ctx;
}
