/* websocket_handshake.h - the opening handshake of a WebSocket client (RFC 6455 section 4), as
 * text. Any thread, pure. */
#ifndef HTTP_WEBSOCKET_HANDSHAKE_H
#define HTTP_WEBSOCKET_HANDSHAKE_H

#include <stddef.h>

#include "base/json.h"
#include "base/strbuf.h"
#include "http/url.h"

#define HANDSHAKE_KEY_SIZE  25	  /* with its NUL */
#define HANDSHAKE_MAX_BYTES 16384 /* of the server's answer */

void handshake_new_key(char out[HANDSHAKE_KEY_SIZE]);

/* True when a header of that name is ours to write, or the framing's. */
bool handshake_is_reserved(const char *name);

/* Appends the request. headers: name to text, beside our own. 0, or -EINVAL with a constant
 * *ret_error. */
int handshake_write(const struct url_target *target, const char *key, const char *user_agent,
	struct json_object *headers, struct strbuf *out, const char **ret_error);

struct handshake_answer {
	int status;	   /* of the answer; 0 when it was none */
	size_t length;	   /* of its head; frames follow */
	const char *error; /* constant: why it is refused */
};

/* Reads what has come so far: 0 when the server agrees, -EAGAIN when the head is not all there,
 * -ECONNREFUSED when it answered with another status, -EPROTO when it does not speak WebSocket. */
int handshake_read(
	const char *data, size_t length, const char *key, struct handshake_answer *ret_answer);

#endif
