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

#include "base/ring.h"
#include "media/addr.h"
#include "media/dtmf_rx.h"
#include "media/dtmf_tx.h"
#include "media/engine.h"
#include "media/latch.h"
#include "media/mailbox.h"
#include "media/rtcp.h"
#include "media/rtp.h"
#include "media/tape.h"

#define FRAME_MAX_MS	60
#define FRAME_MAX_BYTES (FRAME_MAX_MS * 16)

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

struct media_order {
	struct mail mail; /* first */
	enum media_order_kind kind;
	struct media_leg *leg;
	struct media_order *next; /* in a queue of the leg */
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
	};
};

struct media_queue {
	struct media_order *first, **last;
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

/* Digits heard, between the media thread and the core thread. A sender that presses faster
 * than this can be fetched loses digits, nothing else. */
#define HEARD_DIGITS 32
struct heard_digit {
	char digit;
	uint8_t source;
};

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
	struct media_leg *wheel_next;
	struct media_leg **wheel_prev; /* NULL: not on the wheel */
	int rtp_fd;
	uint8_t slots;		/* of the wheel until the next packet */
	uint8_t wheel_slot;	/* where it is */
	bool talking;		/* the last packet time sent one */
	uint8_t visits, bursts; /* when to take all that came, see media_leg_receive() */
	uint16_t sequence;
	uint32_t timestamp, ssrc;
	unsigned frame_bytes, frame_units;
	struct media_agreed agreed;
	struct media_queue plays, digits, ended, tapes;
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
};

/* Media thread: serves a leg once, a packet time after the last. leg_io.c */
struct media_packets;
struct media_packets *media_packets_new(void); /* core thread; the thread's receive buffers */
struct media_packets *media_packets_free(struct media_packets *packets);
void media_leg_receive(struct media_leg *leg, struct media_packets *packets, uint64_t now);
void media_leg_flush(struct media_leg *leg);
void media_leg_transmit(struct media_leg *leg);
void media_leg_rtcp(struct media_leg *leg, struct media_packets *packets, uint64_t now);

/* Media thread: player.c. Fills a frame from the plays, moving what ended to leg->ended. */
void media_player_fill(struct media_leg *leg, uint8_t *out);
void media_player_stop(struct media_leg *leg, enum media_play_end end);
/* Ends the plays that are of another codec than the one agreed on. */
void media_player_recheck(struct media_leg *leg);

/* Media thread: what came of a packet. leg_listen.c */
void media_leg_heard_event(struct media_leg *leg, const struct rtp_packet *packet, uint64_t now);
void media_leg_heard_audio(struct media_leg *leg, const struct rtp_packet *packet, uint64_t now);
void media_leg_heard_stream(struct media_leg *leg);
void media_leg_timed_out(struct media_leg *leg);
void media_leg_post_note(struct media_leg *leg);
/* Media thread: the leg's tapes. leg_tape.c */
void media_leg_tape_heard(struct media_leg *leg, const struct rtp_packet *packet);
void media_leg_tape_sent(struct media_leg *leg, const uint8_t *data, size_t bytes);
void media_leg_tape_step(struct media_leg *leg);
void media_leg_tape_obey(struct media_leg *leg, struct media_order *order);

/* Core thread: what the ears of the engine's legs share. engine.c, ear.c */
struct ear_clock;
struct ear_clock **media_engine_ears(struct media_engine *engine);
struct ear_clock *ear_clock_free(struct ear_clock *clock); /* NULL allowed; returns NULL */

/* Media thread: posts an order (back) to the core thread. engine.c */
void media_post_back(struct media_leg *leg, struct media_order *order);

/* Core thread: leg.c. `extra` bytes lie behind the order. */
struct media_order *media_order_new(struct media_leg *leg, enum media_order_kind kind);
struct media_order *media_order_new_with(
	struct media_leg *leg, enum media_order_kind kind, size_t extra);
void media_order_send(struct media_order *order);
struct media_leg *media_leg_alloc(
	struct media_engine *engine, const struct media_leg_handler *handler, void *arg);
void media_leg_destroy(struct media_leg *leg);

/* Core thread: engine.c */
struct port_pool;
struct port_pool *media_engine_ports(struct media_engine *engine, int family);
struct media_thread *media_engine_thread(struct media_engine *engine); /* for one more leg */

#endif
