/* What a server sends: the answer to the handshake, then frames. In two pieces, parted at the first
 * byte; the handshake is that of RFC 6455 section 1.3. */
#include <stdint.h>
#include <stdio.h>

#include "http/websocket_private.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void on_open(void *arg)
{
	(void)arg;
}
static void on_end(void *arg, const struct websocket_end *end)
{
	(void)arg;
	(void)end;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct websocket_handler handler = {.on_open = on_open, .on_end = on_end};
	const struct websocket_request request = {.url = "", .max_message_bytes = 4096};
	struct loop *loop = loop_new();
	struct websocket_client *client = websocket_client_new(loop, NULL, "fuzz");
	struct websocket *ws = websocket_open(client, &request, &handler, NULL);
	const char *text = (const char *)data + 1;
	size_t part = size ? data[0] % size : 0;

	ws->state = WEBSOCKET_SHAKING;
	snprintf(ws->key, sizeof(ws->key), "dGhlIHNhbXBsZSBub25jZQ==");
	websocket_receive(ws, text, part);
	if (size && ws->state != WEBSOCKET_OVER)
		websocket_receive(ws, text + part, size - 1 - part);
	websocket_client_free(client);
	loop_free(loop);
	return 0;
}
