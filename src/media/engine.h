/* engine.h - the media engine: what the core thread may ask of the media threads.
 *
 * Every function here is called on the core thread and returns at once; the work is done on
 * a media thread, reached by a queue of orders (mailbox.h) that it looks into every 5 ms, and
 * answered by the same orders coming back, which the core thread's loop reports to the leg's
 * handler. Orders of one leg are obeyed in order; none is ever lost.
 *
 * Media threads tick every 5 ms on an absolute timerfd while they have legs, and serve a leg
 * once per its ptime: read what came, and a tick later send one packet. They never lock,
 * allocate, log, or touch files. Without legs they sleep.
 *
 * A leg sends RTP continuously from media_leg_start() on: what is being played, else
 * silence; in a room with others (room.h) what they say. RTP is symmetric: latch.h says whose
 * packets are taken and where ours go. RTCP sender and receiver reports go out every 5 s (RFC 3550
 * section 6). While the direction does not let us send, plays and digits stand still and go on
 * afterwards. */
#ifndef MEDIA_ENGINE_H
#define MEDIA_ENGINE_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "loop/loop.h"
#include "media/codec.h"
#include "media/prompt.h"

struct media_engine;
struct media_leg;

struct media_config {
	unsigned threads;	     /* 0: cores - 1, at least 1 */
	uint16_t port_min, port_max; /* RTP on even ports, RTCP on the next */
	const char *addr4, *addr6;   /* addresses to bind; NULL: that family is off */
	unsigned rtp_timeout_s;	     /* on_rtp_timeout after so long without RTP; 0: never */
};

struct media_engine *media_engine_new(struct loop *loop, const struct media_config *config);
/* All legs must be freed before. Joins the threads. NULL allowed; returns NULL. */
struct media_engine *media_engine_free(struct media_engine *engine);

/* What SDP agreed for a leg. */
struct media_params {
	const struct codec *codec;
	uint8_t payload_type;	      /* to send and to expect */
	uint8_t dtmf_payload_type_rx; /* telephone-event they send to us, 0: none (RFC 4733) */
	uint8_t dtmf_payload_type_tx; /* telephone-event we send to them, 0: none */
	uint8_t ptime_ms;	      /* 10, 20, 30, 40 or 60 */
	struct sockaddr_storage rtp;  /* where their SDP says RTP goes */
	struct sockaddr_storage rtcp; /* RTCP; family 0: RTP's port + 1 */
	bool send, receive;	      /* direction from our side; neither on full hold */
	bool relatch;		      /* forget the latched source: a new offer moved it */
};

enum media_dtmf_source { MEDIA_DTMF_RFC4733, MEDIA_DTMF_INBAND };

enum media_play_end {
	MEDIA_PLAY_DONE,    /* the last packet was handed to the kernel */
	MEDIA_PLAY_STOPPED, /* media_leg_stop() or a leg that was freed */
	MEDIA_PLAY_FAILED   /* the prompt broke off */
};

/* Called on the core thread. Any member may be NULL. None runs after media_leg_free(). */
struct media_leg_handler {
	/* One digit, de-duplicated between RFC 4733 retransmissions and in-band detection;
	 * reported at the beginning of the press, so that barge-in is immediate. */
	void (*on_digit)(void *arg, char digit, enum media_dtmf_source source);
	/* The key of the last on_digit() was let go, after so long; only of RFC 4733, tones do not
	 * say. */
	void (*on_release)(void *arg, char digit, unsigned held_ms);
	/* Ends of plays, in order; played_ms is what was sent of it. */
	void (*on_play_end)(void *arg, uint32_t play, enum media_play_end end, uint32_t played_ms);
	void (*on_digits_sent)(void *arg);
	void (*on_rtp_timeout)(void *arg);
};

/* Binds an RTP and RTCP port pair on the configured address of `family` (AF_INET,
 * AF_INET6). NULL when the port range is used up or the family is off, *ret_error then
 * -EADDRINUSE or -EAFNOSUPPORT. The leg is idle until media_leg_start(). */
struct media_leg *media_leg_new(struct media_engine *engine, int family,
	const struct media_leg_handler *handler, void *arg, int *ret_error);

/* Stops everything, gives the ports back once the media thread has let go. NULL allowed;
 * returns NULL. The handler is not called any more. */
struct media_leg *media_leg_free(struct media_leg *leg);

uint16_t media_leg_port(const struct media_leg *leg); /* RTP; RTCP is the next */

/* Starts, or changes a started leg (re-INVITE, UPDATE). A change of codec ends plays. */
void media_leg_start(struct media_leg *leg, const struct media_params *params);

/* Queues a prompt behind what is playing; it begins with the packet after. loops 0: for
 * ever. Takes a reference of its own. Returns the play's number, rising from 1. */
uint32_t media_leg_play(struct media_leg *leg, struct prompt *prompt, unsigned loops);

/* Ends all plays of the leg with the next packet. */
void media_leg_stop(struct media_leg *leg);

/* Sends digits 0-9 * # A-D, 'p' pauses 500 ms: RFC 4733 where negotiated, else in-band
 * tones. on_ms 40..6000, gap_ms 30..6000. Queued behind digits still being sent. -EINVAL, or
 * -EOPNOTSUPP for a stream. */
#define MEDIA_DIGITS_MAX 64
int media_leg_send_digits(
	struct media_leg *leg, const char *digits, unsigned on_ms, unsigned gap_ms);

/* Listens for in-band DTMF (spandsp) in what comes in. Off at first; costs decoding. */
void media_leg_detect_inband(struct media_leg *leg, bool on);

/* What was heard, as PCM at the codec's sample rate, for sip-caller --record: the media
 * thread pushes blocks into a ring that the caller drains on the core thread. NULL when no
 * tap is on. The tap must be set before media_leg_start(). */
struct ring;
struct media_pcm_block {
	uint16_t samples;
	int16_t pcm[480];
};
struct ring *media_leg_tap(struct media_leg *leg);

/* Totals, as of the last packet served. Core thread, lock-free. */
struct media_stats {
	uint64_t tx_packets, rx_packets, rx_bytes;
	uint64_t rx_dropped_source; /* from an address that is not the latched one */
	uint64_t rx_dropped_other;  /* not RTP, wrong payload type, oversized */
	uint32_t rx_lost;	    /* by sequence number */
	uint32_t tx_lost;	    /* frames of a stream that nobody fetched in time */
	double jitter_ms;	    /* RFC 3550 A.8, of what we receive */
	double peer_lost_fraction;  /* from their last receiver report, 0..1 */
	uint32_t rtt_ms;	    /* 0 unknown */
};
void media_leg_stats(const struct media_leg *leg, struct media_stats *ret_stats);

#endif
