/* app_bench.h - what the tests of legs and forks over WebSockets share: a loop, a media engine, a
 * WebSocket client, and an application on loopback that notes what it is sent. */
#ifndef CALL_APP_BENCH_H
#define CALL_APP_BENCH_H

#include "base/strbuf.h"
#include "http/fake_websocket.h"
#include "http/websocket.h"
#include "media/ear.h"

struct app_bench {
	struct loop *loop;
	struct media_engine *engine;
	struct connector *connector;
	struct websocket_client *client;
	struct fake_websocket *server;
	struct timer timer;
	char *url; /* of the application */

	/* The application's side; to be read when its thread has ended. */
	char *head;
	struct strbuf told; /* texts that came, a line each */
	unsigned frames, frame_bytes, wrong_frames, loud_frames;
	int16_t last[4]; /* first samples of the last frame */

	/* What a leg's ear heard of the application. */
	struct media_ear *ear;
	unsigned loud_ms;
	int loudest;
};

void app_bench_setup(struct app_bench *b);
void app_bench_teardown(struct app_bench *b); /* free legs first */

/* behave is given the bench. */
void app_bench_serve(struct app_bench *b, fake_behave_fn behave);
void app_bench_join(struct app_bench *b); /* waits for the application's thread */
void app_bench_run(struct app_bench *b, unsigned ms);
void app_bench_listen(struct app_bench *b, struct media_leg *leg);

/* For the application. */
bool app_accept(struct fake_peer *peer, struct app_bench *b);
void app_note(struct app_bench *b, const struct fake_frame *frame);
/* Notes all that comes until a text holds `what`; false when the socket is closed before. */
bool app_read_until(struct fake_peer *peer, struct app_bench *b, const char *what);
void app_read_frames(struct fake_peer *peer, struct app_bench *b, unsigned frames);
void app_say(struct fake_peer *peer, const char *text);
/* Sound of 16 kHz, every sample 8000, in messages of that size. */
void app_speak(struct fake_peer *peer, unsigned ms, size_t message_bytes);
void app_close(struct fake_peer *peer, unsigned code);

#endif
