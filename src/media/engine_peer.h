/* engine_peer.h - for tests: an engine with one leg, and a fake peer on a loopback socket that
 * hears what the leg sends and says what it likes. */
#ifndef MEDIA_ENGINE_PEER_H
#define MEDIA_ENGINE_PEER_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "media/engine.h"
#include "media/rtp.h"

#define FRAME	       160
#define PEER_MAX_HEARD 2000
#define PEER_WAIT_US   (10 * USEC_PER_SEC)

struct heard {
	uint64_t at;
	struct rtp_packet packet;
	uint8_t payload[FRAME * 3];
};

struct peer {
	struct loop *loop;
	struct media_engine *engine;
	struct media_leg *leg;
	int peer;
	struct sockaddr_in leg_address;
	uint16_t sequence;
	uint32_t timestamp;

	struct heard heard[PEER_MAX_HEARD];
	size_t heard_count;
	char digits[64];
	enum media_dtmf_source sources[64];
	char released[64];
	unsigned held_ms[64];
	unsigned ends, digits_sent, timeouts;
	enum media_play_end end[16];
	uint32_t ended_play[16], played_ms[16];
};

extern const struct media_leg_handler peer_handler; /* notes all in a struct peer */
extern const struct media_config peer_config;

void peer_on_digit(void *arg, char digit, enum media_dtmf_source source);
void peer_on_play_end(void *arg, uint32_t play, enum media_play_end end, uint32_t played_ms);

/* For cmocka. */
int peer_setup_with(void **state, const struct media_config *with);
int peer_setup(void **state);
int peer_teardown(void **state);

/* A bound socket on a port that the kernel chose. */
int peer_socket(const char *host, struct sockaddr_in *ret_address);
struct media_params peer_params_for(const struct sockaddr_in *peer);
struct media_params peer_params(const struct peer *f);
void peer_start(struct peer *f);

/* Takes a packet, if there is one. */
void peer_hear(struct peer *f);
/* Waits 2 ms at most for a packet, then gives the loop a turn. */
void peer_turn(struct peer *f);
void peer_hear_packets(struct peer *f, size_t count);

/* Sends one packet from the socket fd. */
void peer_say(struct peer *f, int fd, uint8_t type, uint32_t timestamp, const void *payload,
	size_t length);
void peer_say_audio(struct peer *f, int fd);
void peer_say_event(struct peer *f, uint32_t timestamp, uint8_t event, bool end, uint16_t duration);

/* Packets that the leg took or dropped. */
uint64_t peer_received(const struct peer *f);
/* Each byte is its index modulo 251, which is never silence. */
struct prompt *counting_prompt(size_t bytes);
/* No packet that was heard is missing, and time goes on evenly. */
void peer_check_continuous(const struct peer *f);

/* Runs the loop and the peer until cond holds; the bound only ends a failing test. */
#define RUN_UNTIL(f, cond)                                     \
	do {                                                   \
		uint64_t until_ = clock_mono() + PEER_WAIT_US; \
		while (!(cond)) {                              \
			assert_true(clock_mono() < until_);    \
			peer_turn(f);                          \
		}                                              \
	} while (0)

#endif
