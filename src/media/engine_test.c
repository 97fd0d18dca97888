/* The media engine end to end: legs, their reports and their limits. */
#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/ring.h"
#include "media/engine_peer.h"
#include "media/rtcp.h"

static const struct media_leg_handler deaf = {0};

static void test_leg__sends_silence_steadily(void **state)
{
	struct peer *f = *state;
	uint64_t span;

	peer_start(f);
	peer_hear_packets(f, 51);
	peer_check_continuous(f);
	assert_int_equal(f->heard[0].packet.length, FRAME);
	assert_int_equal(f->heard[0].payload[0], 0xff);
	assert_true(f->heard[0].packet.marker);
	assert_false(f->heard[1].packet.marker);
	span = f->heard[50].at - f->heard[0].at;
	assert_in_range(span, 900000, 1200000);
}

/* The first report comes within 3.75 s; what we answer is read within a second. */
static void test_rtcp__reports_go_out_and_answers_count(void **state)
{
	struct peer *f = *state;
	struct media_params params = peer_params(f);
	struct sockaddr_in address, leg_rtcp = f->leg_address;
	struct rtcp_last_sr last_sr = {0};
	struct rtcp_report report = {.ssrc = 9, .cname = "peer"};
	struct rtp_source source = {.started = true, .base = 65536, .highest = 65536 + 99};
	struct rtcp_feedback feedback;
	struct media_stats stats = {0};
	uint8_t data[512];
	ssize_t length;
	int rtcp = peer_socket("127.0.0.1", &address);

	memcpy(&params.rtcp, &address, sizeof(address));
	media_leg_start(f->leg, &params);
	RUN_UNTIL(f, (length = recv(rtcp, data, sizeof(data), MSG_DONTWAIT)) > 0);
	source.ssrc = get32(data + 4);
	assert_int_equal(source.ssrc, f->heard[0].packet.ssrc);
	assert_int_equal(rtcp_parse(data, (size_t)length, 9, clock_wall(), &feedback), 0);
	assert_true(feedback.has_sr);

	last_sr = (struct rtcp_last_sr){feedback.sr_ntp_middle, clock_wall()};
	source.received = 50;
	report.wall = last_sr.wall + 1;
	length = (ssize_t)rtcp_write(&report, &source, &last_sr, data);
	leg_rtcp.sin_port = htons((uint16_t)(media_leg_port(f->leg) + 1));
	assert_int_equal(sendto(rtcp, data, (size_t)length, 0, (struct sockaddr *)&leg_rtcp,
				 sizeof(leg_rtcp)),
		length);
	while (stats.rtt_ms == 0) {
		peer_hear_packets(f, 1);
		media_leg_stats(f->leg, &stats);
	}
	assert_in_range(stats.rtt_ms, 1, 100);
	assert_true(stats.peer_lost_fraction > 0.45 && stats.peer_lost_fraction < 0.55);
	close(rtcp);
}

static void test_leg__speaks_ipv6(void **state)
{
	struct peer *f = *state;
	struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_addr = in6addr_loopback};
	socklen_t length = sizeof(address);
	struct media_params params = peer_params(f);
	int error, peer = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct media_leg *leg = media_leg_new(f->engine, AF_INET6, &deaf, NULL, &error);
	struct media_stats stats = {0};
	uint8_t data[512];

	assert_non_null(leg);
	assert_int_equal(bind(peer, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(getsockname(peer, (struct sockaddr *)&address, &length), 0);
	memcpy(&params.rtp, &address, sizeof(address));
	media_leg_start(leg, &params);
	RUN_UNTIL(f, recv(peer, data, sizeof(data), MSG_DONTWAIT) == RTP_HEADER_SIZE + FRAME);
	address.sin6_port = htons(media_leg_port(leg));
	data[2] ^= 1;
	assert_int_equal(sendto(peer, data, RTP_HEADER_SIZE + FRAME, 0, (struct sockaddr *)&address,
				 sizeof(address)),
		RTP_HEADER_SIZE + FRAME);
	RUN_UNTIL(f, (media_leg_stats(leg, &stats), stats.rx_packets == 1));
	media_leg_free(leg);
	close(peer);
}

static void test_timeout__is_told_once(void **state)
{
	struct peer *f = *state;

	peer_start(f);
	RUN_UNTIL(f, f->timeouts == 1);
	peer_hear_packets(f, 10);
	assert_int_equal(f->timeouts, 1);
	peer_say_audio(f, f->peer);
	RUN_UNTIL(f, f->timeouts == 2);
}

static void test_tap__hears_pcm(void **state)
{
	struct peer *f = *state;
	struct ring *tap = media_leg_tap(f->leg);
	struct media_pcm_block block;
	size_t samples = 0;

	assert_non_null(tap);
	peer_start(f);
	assert_ptr_equal(media_leg_tap(f->leg), tap);
	for (int i = 0; i < 3; i++)
		peer_say_audio(f, f->peer);
	RUN_UNTIL(f, peer_received(f) == 3);
	while (ring_pop(tap, &block))
		samples += block.samples;
	assert_int_equal(samples, 3 * FRAME);
}

static int setup_small(void **state)
{
	struct media_config small = peer_config;

	small.port_min = 29000;
	small.port_max = 29007;
	return peer_setup_with(state, &small);
}

static void test_ports__run_out_and_come_back(void **state)
{
	struct peer *f = *state;
	struct media_leg *legs[4];
	int error = 0, count = 0;

	while ((legs[count] = media_leg_new(f->engine, AF_INET, &peer_handler, f, &error)))
		assert_true(++count < 4);
	assert_int_equal(error, -EADDRINUSE);
	assert_true(count > 0);
	media_leg_free(legs[0]);
	legs[0] = NULL;
	RUN_UNTIL(f, (legs[0] = media_leg_new(f->engine, AF_INET, &peer_handler, f, &error)));
	for (int i = 0; i < count; i++)
		media_leg_free(legs[i]);
}

static void test_legs__a_thousand_come_and_go(void **state)
{
	struct peer *f = *state;
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
#define CASE(name) cmocka_unit_test_setup_teardown(name, peer_setup, peer_teardown)
	const struct CMUnitTest tests[] = {
		CASE(test_leg__sends_silence_steadily),
		CASE(test_rtcp__reports_go_out_and_answers_count),
		CASE(test_leg__speaks_ipv6),
		CASE(test_timeout__is_told_once),
		CASE(test_tap__hears_pcm),
		cmocka_unit_test_setup_teardown(
			test_ports__run_out_and_come_back, setup_small, peer_teardown),
		CASE(test_legs__a_thousand_come_and_go),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
