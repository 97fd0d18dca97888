#include "media/engine_peer.h"

#include <arpa/inet.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "media/g711.h"

void peer_on_digit(void *arg, char digit, enum media_dtmf_source source)
{
	struct peer *f = arg;
	size_t length = strlen(f->digits);

	f->sources[length] = source;
	f->digits[length] = digit;
}

void peer_on_play_end(void *arg, uint32_t play, enum media_play_end end, uint32_t played_ms)
{
	struct peer *f = arg;

	f->ended_play[f->ends] = play;
	f->played_ms[f->ends] = played_ms;
	f->end[f->ends++] = end;
}

static void on_release(void *arg, char digit, unsigned held_ms)
{
	struct peer *f = arg;
	size_t n = strlen(f->released);

	assert_true(n < sizeof(f->released) - 1);
	f->released[n] = digit;
	f->held_ms[n] = held_ms;
}

static void on_digits_sent(void *arg)
{
	((struct peer *)arg)->digits_sent++;
}

static void on_rtp_timeout(void *arg)
{
	((struct peer *)arg)->timeouts++;
}

const struct media_leg_handler peer_handler = {
	.on_digit = peer_on_digit,
	.on_release = on_release,
	.on_play_end = peer_on_play_end,
	.on_digits_sent = on_digits_sent,
	.on_rtp_timeout = on_rtp_timeout,
};

const struct media_config peer_config = {
	.threads = 1,
	.port_min = 21000,
	.port_max = 28999,
	.addr4 = "127.0.0.1",
	.addr6 = "::1",
	.rtp_timeout_s = 1,
};

int peer_socket(const char *host, struct sockaddr_in *ret_address)
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

struct media_params peer_params_for(const struct sockaddr_in *peer)
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

struct media_params peer_params(const struct peer *f)
{
	struct sockaddr_in address;
	socklen_t length = sizeof(address);

	assert_int_equal(getsockname(f->peer, (struct sockaddr *)&address, &length), 0);
	return peer_params_for(&address);
}

int peer_setup_with(void **state, const struct media_config *with)
{
	struct peer *f = xcalloc(1, sizeof(*f));
	struct sockaddr_in address;
	int error;

	f->loop = loop_new();
	f->engine = media_engine_new(f->loop, with);
	f->leg = media_leg_new(f->engine, AF_INET, &peer_handler, f, &error);
	assert_non_null(f->leg);
	f->peer = peer_socket("127.0.0.1", &address);
	f->leg_address = (struct sockaddr_in){.sin_family = AF_INET};
	f->leg_address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	f->leg_address.sin_port = htons(media_leg_port(f->leg));
	*state = f;
	return 0;
}

int peer_setup(void **state)
{
	return peer_setup_with(state, &peer_config);
}

int peer_teardown(void **state)
{
	struct peer *f = *state;

	media_leg_free(f->leg);
	media_engine_free(f->engine);
	loop_free(f->loop);
	close(f->peer);
	free(f);
	return 0;
}

void peer_hear(struct peer *f)
{
	struct heard *heard = &f->heard[f->heard_count];
	uint8_t data[2048];
	ssize_t length = recv(f->peer, data, sizeof(data), MSG_DONTWAIT);

	if (length < 0)
		return;
	assert_true(f->heard_count < PEER_MAX_HEARD);
	heard->at = clock_mono();
	assert_int_equal(rtp_parse(data, (size_t)length, &heard->packet), 0);
	assert_true(heard->packet.length <= sizeof(heard->payload));
	memcpy(heard->payload, heard->packet.payload, heard->packet.length);
	f->heard_count++;
}

void peer_turn(struct peer *f)
{
	struct pollfd poll_fd = {.fd = f->peer, .events = POLLIN};

	if (poll(&poll_fd, 1, 2) > 0)
		peer_hear(f);
	event_base_loop(loop_base(f->loop), EVLOOP_NONBLOCK);
}

void peer_hear_packets(struct peer *f, size_t count)
{
	size_t goal = f->heard_count + count;

	RUN_UNTIL(f, f->heard_count >= goal);
}

void peer_say(struct peer *f, int fd, uint8_t type, uint32_t timestamp, const void *payload,
	size_t length)
{
	uint8_t packet[512];

	rtp_write_header(packet, false, type, f->sequence++, timestamp, 0x1234);
	memcpy(packet + RTP_HEADER_SIZE, payload, length);
	assert_int_equal(sendto(fd, packet, RTP_HEADER_SIZE + length, 0,
				 (struct sockaddr *)&f->leg_address, sizeof(f->leg_address)),
		(int)(RTP_HEADER_SIZE + length));
}

void peer_say_audio(struct peer *f, int fd)
{
	uint8_t silence[FRAME];

	memset(silence, 0xff, sizeof(silence));
	peer_say(f, fd, 0, f->timestamp, silence, sizeof(silence));
	f->timestamp += FRAME;
}

void peer_say_event(struct peer *f, uint32_t timestamp, uint8_t event, bool end, uint16_t duration)
{
	uint8_t payload[4] = {
		event, end ? 0x8a : 0x0a, (uint8_t)(duration >> 8), (uint8_t)duration};

	peer_say(f, f->peer, 101, timestamp, payload, sizeof(payload));
}

uint64_t peer_received(const struct peer *f)
{
	struct media_stats stats;

	media_leg_stats(f->leg, &stats);
	return stats.rx_packets + stats.rx_dropped_other + stats.rx_dropped_source;
}

struct prompt *counting_prompt(size_t bytes)
{
	struct prompt *prompt = prompt_new(&codec_pcmu);

	for (size_t i = 0; i < bytes; i++) {
		uint8_t byte = (uint8_t)(i % 251);

		assert_int_equal(prompt_append(prompt, &byte, 1), 0);
	}
	prompt_finish(prompt, false);
	return prompt;
}

void peer_start(struct peer *f)
{
	struct media_params params = peer_params(f);

	media_leg_start(f->leg, &params);
}

void peer_check_continuous(const struct peer *f)
{
	for (size_t i = 1; i < f->heard_count; i++) {
		const struct rtp_packet *a = &f->heard[i - 1].packet, *b = &f->heard[i].packet;

		assert_int_equal((uint16_t)(b->sequence - a->sequence), 1);
		assert_int_equal(b->timestamp - a->timestamp, FRAME);
		assert_int_equal(b->ssrc, a->ssrc);
	}
}
