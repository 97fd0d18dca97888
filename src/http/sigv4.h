/* sigv4.h - AWS Signature Version 4: signs a request to a service of AWS or one that speaks its
 * dialect ("Signature Version 4 signing process", AWS General Reference). Any thread, pure. */
#ifndef HTTP_SIGV4_H
#define HTTP_SIGV4_H

#include <stddef.h>

struct sigv4_key {
	const char *id, *secret;
	const char *region, *service; /* "eu-west-1", "polly" */
};

struct sigv4_header {
	const char *name; /* in lower case */
	const char *value;
};

struct sigv4_request {
	const char *method;
	const char *path;  /* as it is sent, "/" at least */
	const char *query; /* as it is sent, sorted by name, without '?'; "" none */
	/* All that are signed, sorted by name; host and x-amz-date must be among them. */
	const struct sigv4_header *headers;
	size_t header_count;
	const void *body;
	size_t length;
};

/* The value of the Authorization header; malloc'd. date is that of x-amz-date,
 * "20150830T123600Z". */
char *sigv4_sign(
	const struct sigv4_key *key, const struct sigv4_request *request, const char *date);

/* The hash of a body as x-amz-content-sha256 wants it. */
#define SIGV4_HASH_SIZE 65
void sigv4_hash(const void *data, size_t length, char out[SIGV4_HASH_SIZE]);

#endif
