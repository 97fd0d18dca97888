#include "call/app_bench.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

/* --- the application --- */

void app_note(struct app_bench *b, const struct fake_frame *frame)
{
	bool loud = false;

	if (frame->first == 0x81) {
		strbuf_addf(&b->told, "%s\n", frame->data);
		return;
	}
	for (size_t i = 0; i < frame->length; i++)
		loud |= frame->data[i] != 0;
	b->frames++;
	b->loud_frames += loud;
	b->wrong_frames += b->frame_bytes && frame->length != b->frame_bytes;
	b->frame_bytes = (unsigned)frame->length;
	memcpy(b->last, frame->data, sizeof(b->last));
}

bool app_read_until(struct fake_peer *peer, struct app_bench *b, const char *what)
{
	struct fake_frame *frame = xcalloc(1, sizeof(*frame));
	bool found = false;

	while (!found && fake_read_frame(peer, frame) && frame->first != 0x88) {
		app_note(b, frame);
		found = frame->first == 0x81 && strstr(frame->data, what);
	}
	if (!found && frame->first == 0x88)
		fake_frame(peer, 0x88, frame->data, frame->length);
	free(frame);
	return found;
}

void app_read_frames(struct fake_peer *peer, struct app_bench *b, unsigned frames)
{
	struct fake_frame *frame = xmalloc(sizeof(*frame));

	while (b->frames < frames && fake_read_frame(peer, frame))
		app_note(b, frame);
	free(frame);
}

bool app_accept(struct fake_peer *peer, struct app_bench *b)
{
	free(b->head);
	b->head = fake_read_head(peer);
	if (b->head)
		fake_accept(peer, b->head, "");
	return b->head != NULL;
}

void app_say(struct fake_peer *peer, const char *text)
{
	fake_frame(peer, 0x81, text, strlen(text));
}

void app_speak(struct fake_peer *peer, unsigned ms, size_t message_bytes)
{
	size_t left = (size_t)ms * 32;
	char *pcm = xmalloc(left);

	for (size_t i = 0; i < left; i += 2) {
		pcm[i] = (char)(8000 & 0xff);
		pcm[i + 1] = 8000 >> 8;
	}
	for (const char *at = pcm; left;) {
		size_t some = message_bytes < left ? message_bytes : left;

		fake_frame(peer, 0x82, at, some);
		at += some;
		left -= some;
	}
	free(pcm);
}

void app_close(struct fake_peer *peer, unsigned code)
{
	const unsigned char bytes[] = {(unsigned char)(code >> 8), (unsigned char)code};

	fake_frame(peer, 0x88, bytes, sizeof(bytes));
}

/* --- this side --- */

static void on_timer(void *arg)
{
	loop_stop(((struct app_bench *)arg)->loop);
}

void app_bench_setup(struct app_bench *b)
{
	const struct media_config media = {
		.threads = 1, .port_min = 20000, .port_max = 20100, .addr4 = "127.0.0.1"};
	const struct connector_config connector = {.allow_private = true};
	char *error = NULL;

	log_set_level(LOG_LEVEL_ERROR);
	b->loop = loop_new();
	b->engine = media_engine_new(b->loop, &media);
	b->connector = connector_new(b->loop, &connector, &error);
	b->client = websocket_client_new(b->loop, b->connector, "nccod-test");
	b->told = (struct strbuf)STRBUF_INIT;
	timer_init(&b->timer, b->loop, on_timer, b);
}

void app_bench_teardown(struct app_bench *b)
{
	timer_stop(&b->timer);
	media_ear_free(b->ear);
	websocket_client_free(b->client);
	connector_free(b->connector);
	fake_websocket_free(b->server);
	media_engine_free(b->engine);
	loop_free(b->loop);
	strbuf_release(&b->told);
	free(b->head);
	free(b->url);
}

void app_bench_serve(struct app_bench *b, fake_behave_fn behave)
{
	fake_websocket_free(b->server);
	b->server = fake_websocket_new(NULL, behave, b);
	free(b->url);
	b->url = xasprintf("ws://127.0.0.1:%u/socket?x=1", fake_websocket_port(b->server));
	b->frames = b->frame_bytes = b->wrong_frames = b->loud_frames = 0;
	strbuf_reset(&b->told);
}

void app_bench_join(struct app_bench *b)
{
	b->server = fake_websocket_free(b->server);
}

void app_bench_run(struct app_bench *b, unsigned ms)
{
	timer_start(&b->timer, ms * USEC_PER_MSEC);
	loop_run(b->loop);
	timer_stop(&b->timer);
}

static void on_ear(void *arg, const int16_t *heard, const int16_t *sent, size_t samples)
{
	struct app_bench *b = arg;
	int loudest = 0;

	(void)sent;
	for (size_t i = 0; i < samples; i++)
		loudest = abs(heard[i]) > loudest ? abs(heard[i]) : loudest;
	b->loud_ms += loudest > 1000 ? EAR_FRAME_MS : 0;
	b->loudest = loudest > b->loudest ? loudest : b->loudest;
}

void app_bench_listen(struct app_bench *b, struct media_leg *leg)
{
	b->ear = media_ear_new(b->loop, leg, 16000, on_ear, b);
}
