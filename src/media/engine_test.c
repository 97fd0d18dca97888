/* The media engine end to end: a fake peer on a loopback socket hears what a leg sends. */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <spandsp.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/ring.h"
#include "media/engine.h"
#include "media/g711.h"
#include "media/rtp.h"

#define FRAME	    160
#define MAX_HEARD   2000
#define WAIT_MAX_US (10 * USEC_PER_SEC)

struct heard {
	uint64_t at;
	struct rtp_packet packet;
	uint8_t payload[FRAME * 3];
};

struct fixture {
	struct loop *loop;
	struct media_engine *engine;
	struct media_leg *leg;
	int peer;
	struct sockaddr_in leg_address;
	uint16_t sequence;
	uint32_t timestamp;

	struct heard heard[MAX_HEARD];
	size_t heard_count;
	char digits[64];
	enum media_dtmf_source sources[64];
	unsigned ends, digits_sent, timeouts;
	enum media_play_end end[16];
	uint32_t ended_play[16], played_ms[16];
};

static void on_digit(void *arg, char digit, enum media_dtmf_source source)
{
	struct fixture *f = arg;
	size_t length = strlen(f->digits);

	f->sources[length] = source;
	f->digits[length] = digit;
}

static void on_play_end(void *arg, uint32_t play, enum media_play_end end, uint32_t played_ms)
{
	struct fixture *f = arg;

	f->ended_play[f->ends] = play;
	f->played_ms[f->ends] = played_ms;
	f->end[f->ends++] = end;
}

static void on_digits_sent(void *arg)
{
	((struct fixture *)arg)->digits_sent++;
}

static void on_rtp_timeout(void *arg)
{
	((struct fixture *)arg)->timeouts++;
}

static const struct media_leg_handler handler = {
	.on_digit = on_digit,
	.on_play_end = on_play_end,
	.on_digits_sent = on_digits_sent,
	.on_rtp_timeout = on_rtp_timeout,
};

static const struct media_leg_handler deaf = {0};

static const struct media_config config = {
	.threads = 1,
	.port_min = 21000,
	.port_max = 28999,
	.addr4 = "127.0.0.1",
	.addr6 = "::1",
	.rtp_timeout_s = 1,
};

/* A bound socket on a port that the kernel chose. */
static int udp_socket(const char *host, struct sockaddr_in *ret_address)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	socklen_t length = sizeof(address);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	inet_pton(AF_INET, host, &address.sin_addr);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &length), 0);
	*ret_address = address;
	return fd;
}

static struct media_params params_for(const struct sockaddr_in *peer)
{
	struct media_params params = {
		.codec = &codec_pcmu,
		.payload_type = 0,
		.dtmf_payload_type_rx = 101,
		.dtmf_payload_type_tx = 101,
		.ptime_ms = 20,
		.send = true,
		.receive = true,
	};

	memcpy(&params.rtp, peer, sizeof(*peer));
	return params;
}

static struct media_params peer_params(const struct fixture *f)
{
	struct sockaddr_in address;
	socklen_t length = sizeof(address);

	assert_int_equal(getsockname(f->peer, (struct sockaddr *)&address, &length), 0);
	return params_for(&address);
}

static int setup_with(void **state, const struct media_config *with)
{
	struct fixture *f = xcalloc(1, sizeof(*f));
	struct sockaddr_in address;
	int error;

	f->loop = loop_new();
	f->engine = media_engine_new(f->loop, with);
	f->leg = media_leg_new(f->engine, AF_INET, &handler, f, &error);
	assert_non_null(f->leg);
	f->peer = udp_socket("127.0.0.1", &address);
	f->leg_address = (struct sockaddr_in){.sin_family = AF_INET};
	f->leg_address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	f->leg_address.sin_port = htons(media_leg_port(f->leg));
	*state = f;
	return 0;
}

static int setup(void **state)
{
	return setup_with(state, &config);
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	media_leg_free(f->leg);
	media_engine_free(f->engine);
	loop_free(f->loop);
	close(f->peer);
	free(f);
	return 0;
}

static void hear(struct fixture *f)
{
	struct heard *heard = &f->heard[f->heard_count];
	uint8_t data[2048];
	ssize_t length = recv(f->peer, data, sizeof(data), MSG_DONTWAIT);

	if (length < 0)
		return;
	assert_true(f->heard_count < MAX_HEARD);
	heard->at = clock_mono();
	assert_int_equal(rtp_parse(data, (size_t)length, &heard->packet), 0);
	assert_true(heard->packet.length <= sizeof(heard->payload));
	memcpy(heard->payload, heard->packet.payload, heard->packet.length);
	f->heard_count++;
}

static void turn(struct fixture *f)
{
	struct pollfd poll_fd = {.fd = f->peer, .events = POLLIN};

	if (poll(&poll_fd, 1, 2) > 0)
		hear(f);
	event_base_loop(loop_base(f->loop), EVLOOP_NONBLOCK);
}

/* Runs the loop and the peer until cond holds; the bound only ends a failing test. */
#define RUN_UNTIL(f, cond)                                    \
	do {                                                  \
		uint64_t until_ = clock_mono() + WAIT_MAX_US; \
		while (!(cond)) {                             \
			assert_true(clock_mono() < until_);   \
			turn(f);                              \
		}                                             \
	} while (0)

static void hear_packets(struct fixture *f, size_t count)
{
	size_t goal = f->heard_count + count;

	RUN_UNTIL(f, f->heard_count >= goal);
}

static void say(struct fixture *f, int fd, uint8_t type, uint32_t timestamp, const void *payload,
	size_t length)
{
	uint8_t packet[512];

	rtp_write_header(packet, false, type, f->sequence++, timestamp, 0x1234);
	memcpy(packet + RTP_HEADER_SIZE, payload, length);
	assert_int_equal(sendto(fd, packet, RTP_HEADER_SIZE + length, 0,
				 (struct sockaddr *)&f->leg_address, sizeof(f->leg_address)),
		(int)(RTP_HEADER_SIZE + length));
}

static void say_audio(struct fixture *f, int fd)
{
	uint8_t silence[FRAME];

	memset(silence, 0xff, sizeof(silence));
	say(f, fd, 0, f->timestamp, silence, sizeof(silence));
	f->timestamp += FRAME;
}

static void say_event(
	struct fixture *f, uint32_t timestamp, uint8_t event, bool end, uint16_t duration)
{
	uint8_t payload[4] = {
		event, end ? 0x8a : 0x0a, (uint8_t)(duration >> 8), (uint8_t)duration};

	say(f, f->peer, 101, timestamp, payload, sizeof(payload));
}

static uint64_t received(const struct fixture *f)
{
	struct media_stats stats;

	media_leg_stats(f->leg, &stats);
	return stats.rx_packets + stats.rx_dropped_other + stats.rx_dropped_source;
}

static struct prompt *counting_prompt(size_t bytes)
{
	struct prompt *prompt = prompt_new(&codec_pcmu);

	for (size_t i = 0; i < bytes; i++) {
		uint8_t byte = (uint8_t)(i % 251);

		assert_int_equal(prompt_append(prompt, &byte, 1), 0);
	}
	prompt_finish(prompt, false);
	return prompt;
}

static void start(struct fixture *f)
{
	struct media_params params = peer_params(f);

	media_leg_start(f->leg, &params);
}

static void check_continuous(const struct fixture *f)
{
	for (size_t i = 1; i < f->heard_count; i++) {
		const struct rtp_packet *a = &f->heard[i - 1].packet, *b = &f->heard[i].packet;

		assert_int_equal((uint16_t)(b->sequence - a->sequence), 1);
		assert_int_equal(b->timestamp - a->timestamp, FRAME);
		assert_int_equal(b->ssrc, a->ssrc);
	}
}

static void test_leg__sends_silence_steadily(void **state)
{
	struct fixture *f = *state;
	uint64_t span;

	start(f);
	hear_packets(f, 51);
	check_continuous(f);
	assert_int_equal(f->heard[0].packet.length, FRAME);
	assert_int_equal(f->heard[0].payload[0], 0xff);
	assert_true(f->heard[0].packet.marker);
	assert_false(f->heard[1].packet.marker);
	span = f->heard[50].at - f->heard[0].at;
	assert_in_range(span, 900000, 1200000);
}

/* What the peer heard, beginning with the first packet that is not silence. */
static size_t collect(const struct fixture *f, uint8_t *out, size_t size)
{
	size_t length = 0, i = 0;

	while (i < f->heard_count && f->heard[i].payload[0] == 0xff &&
		f->heard[i].payload[FRAME - 1] == 0xff)
		i++;
	for (; i < f->heard_count && length + FRAME <= size; i++) {
		memcpy(out + length, f->heard[i].payload, FRAME);
		length += FRAME;
	}
	return length;
}

static void test_play__two_prompts_follow_without_a_gap(void **state)
{
	struct fixture *f = *state;
	struct prompt *prompt = counting_prompt(1000);
	uint8_t sound[4000];
	size_t length;

	start(f);
	assert_int_equal(media_leg_play(f->leg, prompt, 1), 1);
	assert_int_equal(media_leg_play(f->leg, prompt, 2), 2);
	prompt_unref(prompt);
	RUN_UNTIL(f, f->ends == 2);
	hear_packets(f, 3);
	check_continuous(f);
	length = collect(f, sound, sizeof(sound));
	assert_true(length >= 3200);
	for (size_t i = 0; i < 3000; i++)
		assert_int_equal(sound[i], i % 1000 % 251);
	for (size_t i = 3000; i < length; i++)
		assert_int_equal(sound[i], 0xff);
	assert_int_equal(f->end[0], MEDIA_PLAY_DONE);
	assert_int_equal(f->played_ms[0], 125);
	assert_int_equal(f->ended_play[1], 2);
	assert_int_equal(f->played_ms[1], 250);
}

/* A play queued when the end of the last is reported begins with the very next packet. */
static void test_play__queued_at_the_end_follows_at_once(void **state)
{
	struct fixture *f = *state;
	struct prompt *prompt = counting_prompt(FRAME * 5);
	uint8_t sound[FRAME * 10];

	start(f);
	media_leg_play(f->leg, prompt, 1);
	RUN_UNTIL(f, f->ends == 1);
	media_leg_play(f->leg, prompt, 1);
	RUN_UNTIL(f, f->ends == 2);
	hear_packets(f, 2);
	assert_int_equal(collect(f, sound, sizeof(sound)), sizeof(sound));
	for (size_t i = 0; i < sizeof(sound); i++)
		assert_int_equal(sound[i], i % (FRAME * 5) % 251);
	prompt_unref(prompt);
}

static void test_stop__silences_within_a_packet(void **state)
{
	struct fixture *f = *state;
	struct prompt *prompt = counting_prompt(FRAME * 10);
	uint64_t stopped;
	size_t last = 0;

	start(f);
	media_leg_play(f->leg, prompt, 0);
	prompt_unref(prompt);
	hear_packets(f, 15);
	media_leg_stop(f->leg);
	stopped = clock_mono();
	RUN_UNTIL(f, f->ends == 1);
	hear_packets(f, 3);
	for (size_t i = 0; i < f->heard_count; i++)
		if (f->heard[i].payload[0] != 0xff)
			last = i;
	assert_true(f->heard[last].at < stopped + 25000);
	assert_int_equal(f->end[0], MEDIA_PLAY_STOPPED);
	assert_true(f->played_ms[0] >= 200);
}

static void test_play__growing_prompt_waits_in_silence(void **state)
{
	struct fixture *f = *state;
	struct prompt *prompt = prompt_new(&codec_pcmu);
	uint8_t data[FRAME * 2];

	memset(data, 0x42, sizeof(data));
	start(f);
	media_leg_play(f->leg, prompt, 1);
	hear_packets(f, 3);
	prompt_append(prompt, data, sizeof(data));
	hear_packets(f, 6);
	assert_int_equal(f->ends, 0);
	assert_int_equal(f->heard[f->heard_count - 1].payload[0], 0xff);
	prompt_append(prompt, data, sizeof(data));
	prompt_finish(prompt, true);
	RUN_UNTIL(f, f->ends == 1);
	assert_int_equal(f->end[0], MEDIA_PLAY_FAILED);
	assert_int_equal(f->played_ms[0], 80);
	prompt_unref(prompt);
}

static void test_digit__one_press_is_reported_once_and_at_once(void **state)
{
	struct fixture *f = *state;

	start(f);
	say_event(f, 1000, 5, false, 160);
	RUN_UNTIL(f, f->digits[0]);
	say_event(f, 1000, 5, false, 320);
	for (int i = 0; i < 3; i++)
		say_event(f, 1000, 5, true, 480);
	say_event(f, 3000, 11, true, 480); /* its beginning was lost */
	say_event(f, 1000, 5, true, 480);  /* overtaken */
	say_event(f, 3000, 11, true, 480);
	RUN_UNTIL(f, received(f) == 8);
	RUN_UNTIL(f, strlen(f->digits) == 2);
	assert_string_equal(f->digits, "5#");
	assert_int_equal(f->sources[0], MEDIA_DTMF_RFC4733);
}

static void stop_at_digit(void *arg, char digit, enum media_dtmf_source source)
{
	struct fixture *f = arg;

	on_digit(arg, digit, source);
	media_leg_stop(f->leg);
}

static int setup_barge_in(void **state)
{
	static const struct media_leg_handler barge_in = {
		.on_digit = stop_at_digit, .on_play_end = on_play_end};
	struct fixture *f;
	int error;

	setup(state);
	f = *state;
	media_leg_free(f->leg);
	f->leg = media_leg_new(f->engine, AF_INET, &barge_in, f, &error);
	assert_non_null(f->leg);
	f->leg_address.sin_port = htons(media_leg_port(f->leg));
	return 0;
}

/* Pressed at ten moments of the packet time; two packets may follow at most, and the second
 * only when the machine stalls. */
static void test_digit__key_to_silence_takes_one_packet_time(void **state)
{
	struct fixture *f = *state;
	struct prompt *prompt = counting_prompt(FRAME * 1000);
	uint64_t worst[2] = {0};

	start(f);
	for (unsigned i = 0; i < 10; i++) {
		uint64_t until, pressed, took;

		media_leg_play(f->leg, prompt, 0);
		RUN_UNTIL(f, f->heard_count && f->heard[f->heard_count - 1].payload[0] != 0xff);
		for (until = clock_mono() + i * 2000; clock_mono() < until;)
			turn(f);
		pressed = clock_mono();
		say_event(f, 10000 * (i + 1), 1, false, 160);
		RUN_UNTIL(f, f->ends == i + 1);
		RUN_UNTIL(f, f->heard[f->heard_count - 1].payload[0] == 0xff);
		took = f->heard[f->heard_count - 1].at - pressed;
		if (took > worst[0]) {
			worst[1] = worst[0];
			worst[0] = took;
		} else if (took > worst[1]) {
			worst[1] = took;
		}
	}
	assert_true(worst[1] < 40000); /* one outlier is the machine's */
	prompt_unref(prompt);
}

static void send_tone(struct fixture *f, const struct prompt *tone, unsigned frames)
{
	const uint8_t *data;

	for (unsigned i = 0; i < frames; i++) {
		assert_int_equal(prompt_peek(tone, i * FRAME, FRAME, &data), FRAME);
		say(f, f->peer, 0, f->timestamp, data, FRAME);
		f->timestamp += FRAME;
		hear_packets(f, 1);
	}
}

static void test_digit__inband_is_heard_and_deduplicated(void **state)
{
	struct fixture *f = *state;
	struct prompt *eight = prompt_tone(&codec_pcmu, 852, 1336, -10, 100, 60);
	struct prompt *one = prompt_tone(&codec_pcmu, 697, 1209, -10, 100, 60);

	start(f);
	media_leg_detect_inband(f->leg, true);
	send_tone(f, eight, 8);
	RUN_UNTIL(f, f->digits[0]);
	assert_int_equal(f->sources[0], MEDIA_DTMF_INBAND);
	say_event(f, f->timestamp, 1, false, 160);
	send_tone(f, one, 8);
	media_leg_detect_inband(f->leg, false);
	send_tone(f, eight, 8);
	assert_string_equal(f->digits, "81");
	prompt_unref(one);
	prompt_unref(eight);
}

static void test_send_digits__are_rfc4733_events(void **state)
{
	struct fixture *f = *state;
	unsigned presses = 0, ends = 0;
	uint32_t timestamp = 0;

	start(f);
	assert_int_equal(media_leg_send_digits(f->leg, "1x", 100, 60), -EINVAL);
	assert_int_equal(media_leg_send_digits(f->leg, "", 100, 60), -EINVAL);
	assert_int_equal(media_leg_send_digits(f->leg, "1", 39, 60), -EINVAL);
	assert_int_equal(media_leg_send_digits(f->leg, "9p#", 100, 60), 0);
	RUN_UNTIL(f, f->digits_sent == 1);
	for (size_t i = 0; i < f->heard_count; i++) {
		const struct heard *heard = &f->heard[i];

		if (heard->packet.payload_type != 101)
			continue;
		if (heard->packet.marker) {
			assert_int_equal(heard->payload[0], presses ? 11 : 9);
			presses++;
			timestamp = heard->packet.timestamp;
		}
		assert_int_equal(heard->packet.timestamp, timestamp);
		if (heard->payload[1] & 0x80) {
			assert_int_equal(get16(heard->payload + 2), 800);
			ends++;
		}
	}
	assert_int_equal(presses, 2);
	assert_int_equal(ends, 6);
}

static void test_send_digits__are_tones_without_telephone_event(void **state)
{
	struct fixture *f = *state;
	struct media_params params = peer_params(f);
	dtmf_rx_state_t *detector = dtmf_rx_init(NULL, NULL, NULL);
	char digits[8] = "";

	params.dtmf_payload_type_tx = 0;
	media_leg_start(f->leg, &params);
	assert_int_equal(media_leg_send_digits(f->leg, "7pd", 100, 60), 0);
	RUN_UNTIL(f, f->digits_sent == 1);
	check_continuous(f);
	for (size_t i = 0; i < f->heard_count; i++) {
		int16_t pcm[FRAME];

		codec_pcmu.decode(f->heard[i].payload, FRAME, pcm);
		dtmf_rx(detector, pcm, FRAME);
	}
	assert_int_equal(dtmf_rx_get(detector, digits, sizeof(digits) - 1), 2);
	assert_string_equal(digits, "7D");
	dtmf_rx_free(detector);
}

static void test_latch__a_stranger_is_dropped_and_counted(void **state)
{
	struct fixture *f = *state;
	struct sockaddr_in address;
	int thief = udp_socket("127.0.0.2", &address);
	struct media_stats stats;

	start(f);
	say_audio(f, f->peer);
	RUN_UNTIL(f, received(f) == 1);
	for (int i = 0; i < 20; i++) {
		say_audio(f, thief);
		RUN_UNTIL(f, received(f) == (uint64_t)i + 2);
	}
	media_leg_stats(f->leg, &stats);
	assert_int_equal(stats.rx_packets, 1);
	assert_int_equal(stats.rx_dropped_source, 20);
	assert_int_equal(recv(thief, &address, sizeof(address), MSG_DONTWAIT), -1);
	hear_packets(f, 3);
	close(thief);
}

static void test_latch__follows_a_peer_behind_a_nat(void **state)
{
	struct fixture *f = *state;
	struct sockaddr_in inside;
	int hidden = udp_socket("127.0.0.2", &inside);
	struct media_params params = params_for(&inside);

	media_leg_start(f->leg, &params);
	for (int i = 0; i < 6; i++)
		say_audio(f, f->peer);
	hear_packets(f, 3);
	close(hidden);
}

static void test_garbage__moves_nothing(void **state)
{
	struct fixture *f = *state;
	struct media_stats stats;
	char junk[1600];

	memset(junk, 0x11, sizeof(junk));
	start(f);
	for (size_t size = 0; size <= sizeof(junk); size += 100)
		assert_true(sendto(f->peer, junk, size, 0, (struct sockaddr *)&f->leg_address,
				    sizeof(f->leg_address)) >= 0);
	RUN_UNTIL(f, received(f) == 17);
	media_leg_stats(f->leg, &stats);
	assert_int_equal(stats.rx_dropped_other, 17);
	hear_packets(f, 3);
}

static void test_hold__stops_packets_and_pauses_plays(void **state)
{
	struct fixture *f = *state;
	struct media_params params = peer_params(f);
	struct prompt *prompt = counting_prompt(FRAME * 5);
	uint64_t until;
	size_t before;

	media_leg_start(f->leg, &params);
	hear_packets(f, 2);
	params.send = false;
	media_leg_start(f->leg, &params);
	hear_packets(f, 0);
	for (until = clock_mono() + 50000; clock_mono() < until;)
		turn(f);
	before = f->heard_count;
	media_leg_play(f->leg, prompt, 1);
	prompt_unref(prompt);
	for (until = clock_mono() + 100000; clock_mono() < until;)
		turn(f);
	assert_int_equal(f->heard_count, before);
	params.send = true;
	media_leg_start(f->leg, &params);
	RUN_UNTIL(f, f->ends == 1);
	assert_true(f->heard[before].packet.marker);
	assert_int_equal(f->played_ms[0], 100);
}

static void test_timeout__is_told_once(void **state)
{
	struct fixture *f = *state;

	start(f);
	RUN_UNTIL(f, f->timeouts == 1);
	hear_packets(f, 10);
	assert_int_equal(f->timeouts, 1);
	say_audio(f, f->peer);
	RUN_UNTIL(f, f->timeouts == 2);
}

static void test_tap__hears_pcm(void **state)
{
	struct fixture *f = *state;
	struct ring *tap = media_leg_tap(f->leg);
	struct media_pcm_block block;
	size_t samples = 0;

	assert_non_null(tap);
	start(f);
	assert_ptr_equal(media_leg_tap(f->leg), tap);
	for (int i = 0; i < 3; i++)
		say_audio(f, f->peer);
	RUN_UNTIL(f, received(f) == 3);
	while (ring_pop(tap, &block))
		samples += block.samples;
	assert_int_equal(samples, 3 * FRAME);
}

static int setup_small(void **state)
{
	struct media_config small = config;

	small.port_min = 29000;
	small.port_max = 29007;
	return setup_with(state, &small);
}

static void test_ports__run_out_and_come_back(void **state)
{
	struct fixture *f = *state;
	struct media_leg *legs[4];
	int error = 0, count = 0;

	while ((legs[count] = media_leg_new(f->engine, AF_INET, &handler, f, &error)))
		assert_true(++count < 4);
	assert_int_equal(error, -EADDRINUSE);
	assert_true(count > 0);
	media_leg_free(legs[0]);
	legs[0] = NULL;
	RUN_UNTIL(f, (legs[0] = media_leg_new(f->engine, AF_INET, &handler, f, &error)));
	for (int i = 0; i < count; i++)
		media_leg_free(legs[i]);
}

static void test_legs__a_thousand_come_and_go(void **state)
{
	struct fixture *f = *state;
	struct prompt *prompt = counting_prompt(FRAME * 50);
	struct media_params params = peer_params(f);
	struct media_leg *legs[20] = {NULL};
	unsigned seed = 1;
	int error;

	for (int i = 0; i < 1000; i++) {
		unsigned slot = (seed = seed * 1103515245 + 12345) >> 16;
		struct media_leg **leg = &legs[slot % 20];

		if (*leg && slot & 0x1000) {
			media_leg_stop(*leg);
		} else if (*leg) {
			*leg = media_leg_free(*leg);
		} else {
			*leg = media_leg_new(
				f->engine, slot & 0x2000 ? AF_INET : AF_INET6, &deaf, NULL, &error);
			assert_non_null(*leg);
		}
		if (*leg) {
			params.ptime_ms = (uint8_t)(10 * (1 + slot % 4));
			media_leg_start(*leg, &params);
			media_leg_play(*leg, prompt, slot % 3);
			media_leg_detect_inband(*leg, slot & 0x4000);
			media_leg_send_digits(*leg, "12", 40, 30);
		}
		if (i % 10 == 0)
			event_base_loop(loop_base(f->loop), EVLOOP_NONBLOCK);
	}
	for (int i = 0; i < 20; i++)
		media_leg_free(legs[i]);
	prompt_unref(prompt);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(test_leg__sends_silence_steadily),
		CASE(test_play__two_prompts_follow_without_a_gap),
		CASE(test_play__queued_at_the_end_follows_at_once),
		CASE(test_stop__silences_within_a_packet),
		CASE(test_play__growing_prompt_waits_in_silence),
		CASE(test_digit__one_press_is_reported_once_and_at_once),
		cmocka_unit_test_setup_teardown(
			test_digit__key_to_silence_takes_one_packet_time, setup_barge_in, teardown),
		CASE(test_digit__inband_is_heard_and_deduplicated),
		CASE(test_send_digits__are_rfc4733_events),
		CASE(test_send_digits__are_tones_without_telephone_event),
		CASE(test_latch__a_stranger_is_dropped_and_counted),
		CASE(test_latch__follows_a_peer_behind_a_nat),
		CASE(test_garbage__moves_nothing),
		CASE(test_hold__stops_packets_and_pauses_plays),
		CASE(test_timeout__is_told_once),
		CASE(test_tap__hears_pcm),
		cmocka_unit_test_setup_teardown(
			test_ports__run_out_and_come_back, setup_small, teardown),
		CASE(test_legs__a_thousand_come_and_go),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
