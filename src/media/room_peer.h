/* room_peer.h - for tests: an engine, and parties on loopback sockets or streams who talk in real
 * time, each a tone of its own, and keep what they hear. */
#ifndef MEDIA_ROOM_PEER_H
#define MEDIA_ROOM_PEER_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "media/engine.h"
#include "media/room.h"
#include "media/rtp.h"
#include "media/stream.h"

#define PARTY_PACKETS 1024 /* that it remembers */
#define PARTY_SOUND   (48000 * 4)

struct party_packet {
	uint8_t type;
	bool marker;
	uint16_t sequence, length;
	uint32_t timestamp, ssrc;
	uint64_t at;
	uint8_t payload[480];
};

struct party {
	struct parties *all;
	struct media_leg *leg;
	int fd; /* -1: a stream */
	struct media_params params;
	struct sockaddr_in leg_address;
	double hz;     /* of its tone; 0: silent packets; below: no packets */
	uint64_t said; /* samples */
	uint16_t sequence;
	uint32_t timestamp, ssrc;
	unsigned skip; /* packets that get lost on their way to us */
	uint64_t next_at;

	struct party_packet *packet; /* heard */
	size_t packets;
	int16_t *sound; /* heard */
	size_t samples;
	char digits[32];
	unsigned ends, marks;
	uint32_t played_ms;
};

struct parties {
	struct loop *loop;
	struct media_engine *engine;
	struct media_room *room;
	struct party *party;
	unsigned count;
	unsigned room_ends;
	uint32_t room_played_ms;
};

/* The first `count` with sockets, G.711 mu-law of 20 ms; not started. */
struct parties *parties_new(unsigned threads, unsigned count);
void parties_free(struct parties *all);

/* Another party: a stream, or one with a socket. */
struct party *parties_add(struct parties *all, unsigned stream_rate);
void party_start(struct party *party); /* with party->params, or again */
void party_free_leg(struct party *party);
void parties_join(struct parties *all); /* all of them, all->room */
void parties_start(struct parties *all);

/* All talk and listen for so long; the loop turns. */
void parties_run(struct parties *all, unsigned ms);
/* The same; before, forgets what was heard. */
void parties_listen(struct parties *all, unsigned ms);

/* Sends a packet beside the tone; takes a sequence number and no time. */
void party_send(struct party *party, uint8_t type, bool marker, uint32_t timestamp,
	const void *payload, size_t length);
void party_press(struct party *party, uint8_t event, bool end, unsigned ms);

/* Amplitude of a frequency in what the party heard, against the full 1.0 of a tone that is said. */
double party_hears(const struct party *party, double hz);
/* Whether it hears the tone of the other one; hears_not() when there is nothing of it. */
bool hears(const struct party *listener, const struct party *speaker);
bool hears_not(const struct party *listener, const struct party *speaker);
/* No packet is missing or doubled, each goes on where the last one ended. */
void party_check_continuous(const struct party *party);

/* Listens again and again until what is heard is as it should be: a machine with other work makes
 * holes of its own. */
#define LISTEN_UNTIL(all, cond)                     \
	do {                                        \
		unsigned tries_ = 0;                \
		do {                                \
			assert_true(++tries_ < 20); \
			parties_listen(all, 160);   \
		} while (!(cond));                  \
	} while (0)

#define RUN_PARTIES_UNTIL(all, cond)                                \
	do {                                                        \
		uint64_t until_ = clock_mono() + 10 * USEC_PER_SEC; \
		while (!(cond)) {                                   \
			assert_true(clock_mono() < until_);         \
			parties_run(all, 5);                        \
		}                                                   \
	} while (0)

#endif
