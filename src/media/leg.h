/* leg.h - the inside of a media leg, shared by the files of this folder.
 *
 * Orders travel core -> media thread -> core: the core thread allocates one for each thing
 * that it asks for, the media thread keeps it as long as it needs it (a play while it
 * plays) and posts it back with the result, the core thread reports and frees it. */
#ifndef MEDIA_LEG_H
#define MEDIA_LEG_H

#include <spandsp.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/ring.h"
#include "media/addr.h"
#include "media/dtmf_rx.h"
#include "media/dtmf_tx.h"
#include "media/engine.h"
#include "media/latch.h"
#include "media/mailbox.h"
#include "media/mixer.h"
#include "media/relay.h"
#include "media/rtcp.h"
#include "media/rtp.h"
#include "media/tape.h"
#include "media/wheel.h"

#define FRAME_MAX_MS	60
#define FRAME_MAX_BYTES (FRAME_MAX_MS * 16) /* also 20 ms of 24 kHz, linear */

enum media_order_kind {
	MEDIA_ORDER_START,
	MEDIA_ORDER_PLAY,
	MEDIA_ORDER_STOP,
	MEDIA_ORDER_DIGITS,
	MEDIA_ORDER_INBAND,
	MEDIA_ORDER_TAPE,
	MEDIA_ORDER_TAPE_PAUSE,
	MEDIA_ORDER_UNTAPE,
	MEDIA_ORDER_WRITE, /* this and the two below: of streams */
	MEDIA_ORDER_MARK,
	MEDIA_ORDER_CLEAR,
	MEDIA_ORDER_EXPECT, /* to the thread that a leg will come to: its orders wait there */
	MEDIA_ORDER_MOVE,   /* to the thread that it leaves, which sends it on as ARRIVE */
	MEDIA_ORDER_ARRIVE,
	MEDIA_ORDER_JOIN, /* this and those below: of rooms */
	MEDIA_ORDER_LEAVE,
	MEDIA_ORDER_MEMBER,
	MEDIA_ORDER_CONVERTER,
	MEDIA_ORDER_MUTE,
	MEDIA_ORDER_DEAFEN,
	MEDIA_ORDER_HEAR,
	MEDIA_ORDER_ROOM_PLAY, /* this and those below: without a leg */
	MEDIA_ORDER_ROOM_STOP,
	MEDIA_ORDER_ROOM_PROVIDE,
	MEDIA_ORDER_ROOM_FREE,
	MEDIA_ORDER_FREE,
	MEDIA_ORDER_QUIT, /* without a leg: ends the thread */
	MEDIA_ORDER_NOTE  /* lives in the leg: digits, frames, a timeout are there to be fetched */
};

struct media_agreed {
	const struct codec *codec;
	uint8_t payload_type, dtmf_rx, dtmf_tx, ptime_ms;
	bool send, receive, relatch;
	union media_addr rtp, rtcp; /* rtcp of family AF_UNSPEC: RTP's port + 1 */
};

struct media_queue {
	struct media_order *first, **last;
};

struct media_order {
	struct mail mail; /* first */
	enum media_order_kind kind;
	struct media_leg *leg;
	struct media_room *room;     /* that the order is of, else NULL */
	struct media_member *member; /* to use; on the way back, to free */
	struct media_order *next;    /* in a queue of the leg */
	union {
		struct media_agreed start;
		struct {
			struct prompt *prompt;
			uint32_t number;
			unsigned loops; /* left, 0 for ever */
			size_t offset;
			uint64_t sent; /* bytes */
			enum media_play_end end;
		} play;
		struct {
			char digits[MEDIA_DIGITS_MAX + 1];
			unsigned on_ms, gap_ms;
			struct prompt *tones; /* in-band, or NULL */
			size_t offset;
		} digits;
		dtmf_rx_state_t *detector; /* to use; on the way back, to free */
		struct {
			struct media_tape *tape;
			void (*released)(void *arg); /* TAPE only */
			void *arg;
			bool paused;
		} tape;
		struct {
			int16_t *pcm; /* behind the order */
			size_t samples, taken;
		} write;
		struct {
			uint32_t number;
			bool cleared;
		} mark;
		struct {
			struct media_thread *to;
			unsigned due;		    /* slots to the next packet; 0: not started */
			struct media_queue waiting; /* EXPECT: what came for the leg so far */
		} move;
		bool on; /* MUTE, DEAFEN */
		struct {
			uint64_t speaker; /* its id */
			bool hears;
			struct media_leg *found; /* the speaker, once it is there */
			struct mixer_denial denial;
		} hear;
		struct {
			enum mixer_rate rate;
			struct mixer_converter *converter; /* as member */
		} converter;
		struct mixer provide;
	};
};

static inline void media_queue_init(struct media_queue *queue)
{
	queue->first = NULL;
	queue->last = &queue->first;
}

static inline void media_queue_add(struct media_queue *queue, struct media_order *order)
{
	order->next = NULL;
	*queue->last = order;
	queue->last = &order->next;
}

static inline struct media_order *media_queue_pop(struct media_queue *queue)
{
	struct media_order *order = queue->first;

	if (order && !(queue->first = order->next))
		queue->last = &queue->first;
	return order;
}

/* Digits heard and let go, between the media thread and the core thread. A sender that presses
 * faster than this can be fetched loses digits, nothing else. */
#define HEARD_DIGITS 64
struct heard_digit {
	char digit;
	uint8_t source;
	uint16_t held_ms; /* 0: it was pressed, else it was let go */
};

/* What is played, and plays that are over and wait to be posted back. */
struct media_player {
	struct media_queue plays, ended;
};

/* How a leg is served. All but the first: in a room with others. room_private.h */
enum media_served {
	SERVED_ALONE,
	SERVED_RELAY,	/* what the other one sends is passed on */
	SERVED_ALIGNED, /* mixed, at the turn of the mixer */
	SERVED_SPREAD,	/* mixed, at a place of its own on the wheel */
	SERVED_QUEUED,	/* mixed, with another packet time */
	SERVED_KINDS
};

struct media_room;
struct media_member;
LIST_HEAD(media_leg_list, media_leg);

struct media_counters {
	_Atomic uint64_t tx_packets, tx_bytes, rx_packets, rx_bytes, dropped_source, dropped_other;
	_Atomic uint32_t lost, jitter_units, peer_lost_fraction, rtt_ms;
};

/* Only the media thread writes, so no read-modify-write is needed. */
#define COUNT(counter, n)                                                     \
	atomic_store_explicit(&(counter),                                     \
		atomic_load_explicit(&(counter), memory_order_relaxed) + (n), \
		memory_order_relaxed)
#define PUBLISH(counter, value) atomic_store_explicit(&(counter), value, memory_order_relaxed)

struct media_thread;

struct media_leg {
	/* media thread, touched for each packet */
	struct wheel_item wheel; /* first */
	int rtp_fd;
	uint8_t served; /* enum media_served */
	bool started, polled;
	bool talking;		/* the last packet time sent one */
	bool muted, deaf;	/* in its room */
	bool pressing;		/* keys of the other one have still to be sent, see press.h */
	uint8_t visits, bursts; /* when to take all that came, see media_leg_receive() */
	uint16_t sequence;
	uint32_t timestamp, ssrc;
	unsigned frame_bytes, frame_units;
	struct media_agreed agreed;
	struct media_player player;
	struct media_queue digits, tapes;
	struct media_room *in; /* where it is, or NULL */
	LIST_ENTRY(media_leg) among;
	struct media_member *member; /* what mixing needs of it; NULL: nobody else is there */
	struct relay relay;
	struct latch latch;
	struct rtp_source source;
	struct media_counters counters;
	uint64_t heard_at; /* us, of the last RTP taken */
	bool timed_out;

	/* media thread, rarely touched */
	int rtcp_fd;
	uint64_t rtcp_read_at, rtcp_send_at; /* us */
	uint64_t rtcp_tx_packets;	     /* sent when the last report was */
	struct rtcp_last_sr last_sr;
	char cname[RTCP_CNAME_SIZE];
	struct dtmf_rx dtmf_rx;
	struct dtmf_tx dtmf_tx;
	uint32_t dtmf_timestamp;
	dtmf_rx_state_t *detector;
	struct ring *tap;
	struct media_queue denials;  /* HEAR orders: whom it does not hear */
	struct mixer_denial *denied; /* of these, those who are there */
	struct media_stream *stream; /* NULL: the leg has sockets */

	/* from the media thread to the core thread */
	struct media_order note;
	atomic_bool note_posted, timeout_noted;
	atomic_uint heard_head, heard_tail;
	struct heard_digit heard[HEARD_DIGITS];

	/* core thread */
	struct media_engine *engine;
	struct media_thread *thread;
	const struct media_leg_handler *handler;
	void *arg;
	bool freed, was_started;
	int family;
	uint16_t port;
	uint32_t last_play;
	uint8_t dtmf_payload_type_tx;
	const struct codec *codec;
	uint8_t ptime_ms;
	uint64_t id; /* unlike its address never used again; not changed, so known to all threads */
	struct media_room *room;
	LIST_ENTRY(media_leg) member_link;
	const struct codec *given_codec; /* what its media_member is for, and has; NULL: none */
	uint8_t given_ptime_ms, given_converters;
};

/* Media thread: serves a leg once, a packet time after the last. leg_io.c */
struct media_packets;
struct media_packets *media_packets_new(void); /* core thread; the thread's receive buffers */
struct media_packets *media_packets_free(struct media_packets *packets);
void media_leg_receive(struct media_leg *leg, struct media_packets *packets, uint64_t now);
void media_leg_receive_one(struct media_leg *leg, struct media_packets *packets, uint64_t now);
void media_leg_flush(struct media_leg *leg);
void media_leg_transmit(struct media_leg *leg, uint64_t now);
void media_leg_left_out(struct media_leg *leg); /* in place of that: there was no time */
/* `packet` has room for the header before the payload. */
void media_leg_send(struct media_leg *leg, bool marker, uint8_t payload_type, uint16_t sequence,
	uint32_t timestamp, uint8_t *packet, size_t payload);
void media_leg_rtcp(struct media_leg *leg, struct media_packets *packets, uint64_t now);

/* Media thread: player.c. Fills with sound of `codec`, and silence after it. */
void media_player_init(struct media_player *player);
void media_player_fill(
	struct media_player *player, const struct codec *codec, uint8_t *out, size_t want);
void media_player_mix(struct media_player *player, struct mixer *mixer); /* a frame, of any codec */
void media_player_stop(struct media_player *player, enum media_play_end end);
/* Ends the plays that are of another codec than the one agreed on. */
void media_player_recheck(struct media_player *player, const struct codec *codec);
void media_player_hand_back(struct media_player *player);

/* Media thread: what came of a packet. leg_listen.c */
void media_leg_heard_event(struct media_leg *leg, const struct rtp_packet *packet, uint64_t now);
/* Without packets for a while the key counts as let go. */
void media_leg_release_lost(struct media_leg *leg, uint64_t now);
void media_leg_heard_audio(struct media_leg *leg, const struct rtp_packet *packet, uint64_t now);
void media_leg_heard_stream(struct media_leg *leg, uint64_t now);
void media_leg_timed_out(struct media_leg *leg);
void media_leg_post_note(struct media_leg *leg);
/* Media thread: the leg's tapes. leg_tape.c */
void media_leg_tape_heard(struct media_leg *leg, const struct rtp_packet *packet, uint64_t now);
void media_leg_tape_sent(struct media_leg *leg, const uint8_t *data, size_t bytes);
void media_leg_tape_relayed(struct media_leg *leg, const struct rtp_packet *packet, uint64_t now);
void media_leg_tape_step(struct media_leg *leg, uint64_t now);
void media_leg_tape_obey(struct media_leg *leg, struct media_order *order);

/* Core thread: what the ears of the engine's legs share. engine.c, ear.c */
struct ear_clock;
struct ear_clock **media_engine_ears(struct media_engine *engine);
struct ear_clock *ear_clock_free(struct ear_clock *clock); /* NULL allowed; returns NULL */

/* Media thread: posts an order (back) to the core thread. engine.c */
void media_post_back(struct media_order *order);
void media_queue_post_back(struct media_queue *queue);

/* Core thread: leg.c. `extra` bytes lie behind the order. */
struct media_order *media_order_new(struct media_leg *leg, enum media_order_kind kind);
struct media_order *media_order_new_with(
	struct media_leg *leg, enum media_order_kind kind, size_t extra);
void media_order_send(struct media_order *order);
/* To another thread; orders that are sent from now on find it there. */
void media_leg_move(struct media_leg *leg, struct media_thread *to);
struct media_leg *media_leg_alloc(
	struct media_engine *engine, const struct media_leg_handler *handler, void *arg);
void media_leg_destroy(struct media_leg *leg);

/* Core thread: engine.c */
struct port_pool;
struct port_pool *media_engine_ports(struct media_engine *engine, int family);
struct media_thread *media_engine_thread(struct media_engine *engine); /* the quietest */
uint64_t media_engine_next_id(struct media_engine *engine);

#endif
