/* leg.c - the core thread's side of a leg. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/id.h"
#include "base/mem.h"
#include "media/port.h"
#include "media/room_private.h"
#include "media/stream_private.h"
#include "media/thread.h"

#define TAP_BLOCKS 64

/* In-band digits, per frequency; two of them stay below full scale. */
#define TONE_LEVEL_DB -10.0

struct media_order *media_order_new_with(
	struct media_leg *leg, enum media_order_kind kind, size_t extra)
{
	struct media_order *order = xmalloc(sizeof(*order) + extra);

	memset(order, 0, sizeof(*order));

	order->kind = kind;
	order->leg = leg;
	return order;
}

struct media_order *media_order_new(struct media_leg *leg, enum media_order_kind kind)
{
	return media_order_new_with(leg, kind, 0);
}

void media_order_send(struct media_order *order)
{
	media_thread_order(order->leg ? order->leg->thread : order->room->thread, order);
}

void media_leg_destroy(struct media_leg *leg)
{
	if (!leg->stream)
		port_pool_release(media_engine_ports(leg->engine, leg->family), leg->rtp_fd,
			leg->rtcp_fd, leg->port);
	media_stream_free(leg->stream);
	ring_free(leg->tap);
	free(leg);
}

struct media_leg *media_leg_alloc(
	struct media_engine *engine, const struct media_leg_handler *handler, void *arg)
{
	struct media_leg *leg = xcalloc(1, sizeof(*leg));

	leg->engine = engine;
	leg->handler = handler;
	leg->arg = arg;
	leg->thread = media_engine_thread(engine);
	++*media_thread_legs(leg->thread);
	leg->id = media_engine_next_id(engine);
	leg->wheel.weight = 1;
	media_player_init(&leg->player);
	media_queue_init(&leg->digits);
	media_queue_init(&leg->tapes);
	media_queue_init(&leg->denials);
	leg->ssrc = id_random_u32();
	leg->timestamp = id_random_u32();
	leg->sequence = (uint16_t)id_random_u32();
	leg->note.kind = MEDIA_ORDER_NOTE;
	leg->note.leg = leg;
	return leg;
}

struct media_leg *media_leg_new(struct media_engine *engine, int family,
	const struct media_leg_handler *handler, void *arg, int *ret_error)
{
	struct media_leg *leg;
	int rtp_fd, rtcp_fd, on = 1;
	uint16_t port;
	int error = port_pool_bind(media_engine_ports(engine, family), &rtp_fd, &rtcp_fd, &port);

	if (error < 0) {
		*ret_error = error;
		return NULL;
	}
	leg = media_leg_alloc(engine, handler, arg);
	leg->family = family;
	leg->rtp_fd = rtp_fd;
	leg->rtcp_fd = rtcp_fd;
	leg->port = port;
	snprintf(leg->cname, sizeof(leg->cname), "%08x%08x", id_random_u32(), id_random_u32());
	setsockopt(leg->rtcp_fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on));
	return leg;
}

struct media_leg *media_leg_free(struct media_leg *leg)
{
	if (!leg)
		return NULL;
	leg->freed = true;
	media_room_forget(leg);
	--*media_thread_legs(leg->thread);
	media_order_send(media_order_new(leg, MEDIA_ORDER_FREE));
	return NULL;
}

void media_leg_move(struct media_leg *leg, struct media_thread *to)
{
	struct media_order *expect = media_order_new(leg, MEDIA_ORDER_EXPECT);
	struct media_order *move = media_order_new(leg, MEDIA_ORDER_MOVE);

	--*media_thread_legs(leg->thread);
	++*media_thread_legs(to);
	move->move.to = to;
	media_thread_order(to, expect);
	media_order_send(move);
	leg->thread = to;
}

uint16_t media_leg_port(const struct media_leg *leg)
{
	return leg->port;
}

static uint8_t usable_ptime(uint8_t ptime_ms)
{
	return ptime_ms >= 10 && ptime_ms <= FRAME_MAX_MS && ptime_ms % 5 == 0 ? ptime_ms : 20;
}

void media_leg_start(struct media_leg *leg, const struct media_params *params)
{
	struct media_order *order = media_order_new(leg, MEDIA_ORDER_START);
	struct media_agreed *agreed = &order->start;

	agreed->codec = params->codec;
	agreed->payload_type = params->payload_type;
	agreed->dtmf_rx = params->dtmf_payload_type_rx;
	agreed->dtmf_tx = params->dtmf_payload_type_tx;
	agreed->ptime_ms = usable_ptime(params->ptime_ms);
	agreed->send = params->send;
	agreed->receive = params->receive;
	agreed->relatch = params->relatch;
	media_addr_set(&agreed->rtp, &params->rtp);
	media_addr_set(&agreed->rtcp, &params->rtcp);
	leg->was_started = true;
	leg->codec = params->codec;
	leg->ptime_ms = agreed->ptime_ms;
	leg->dtmf_payload_type_tx = params->dtmf_payload_type_tx;
	order->member = media_room_member_for(leg);
	if (leg->room)
		media_room_provide(leg->room);
	media_order_send(order);
}

uint32_t media_leg_play(struct media_leg *leg, struct prompt *prompt, unsigned loops)
{
	struct media_order *order = media_order_new(leg, MEDIA_ORDER_PLAY);
	uint32_t number = ++leg->last_play;

	order->play.prompt = prompt_ref(prompt);
	order->play.number = number;
	order->play.loops = loops;
	media_order_send(order);
	return number;
}

void media_leg_stop(struct media_leg *leg)
{
	media_order_send(media_order_new(leg, MEDIA_ORDER_STOP));
}

/* ITU-T Q.23: rows 697 770 852 941, columns 1209 1336 1477 1633. */
static void append_digit(struct prompt *tones, char digit, unsigned on_ms)
{
	static const unsigned rows[] = {697, 770, 852, 941};
	static const unsigned columns[] = {1209, 1336, 1477, 1633};
	static const char keys[] = "123A456B789C*0#D";
	unsigned key = (unsigned)(strchr(keys, digit) - keys);

	prompt_append_tone(tones, rows[key / 4], columns[key % 4], TONE_LEVEL_DB, on_ms);
}

static struct prompt *tones_new(
	const struct codec *codec, const char *digits, unsigned on_ms, unsigned gap_ms)
{
	struct prompt *tones = prompt_new(codec);

	for (; *digits; digits++) {
		if (*digits == 'p') {
			prompt_append_silence(tones, DTMF_PAUSE_MS);
			continue;
		}
		append_digit(tones, *digits, on_ms);
		prompt_append_silence(tones, gap_ms);
	}
	prompt_finish(tones, false);
	return tones;
}

int media_leg_send_digits(
	struct media_leg *leg, const char *digits, unsigned on_ms, unsigned gap_ms)
{
	size_t length = strlen(digits);
	struct media_order *order;

	if (leg->stream)
		return -EOPNOTSUPP;
	if (length == 0 || length > MEDIA_DIGITS_MAX || on_ms < 40 || on_ms > 6000 || gap_ms < 30 ||
		gap_ms > 6000)
		return -EINVAL;
	for (size_t i = 0; i < length; i++)
		if (!strchr(DTMF_DIGITS "abcdp", digits[i]))
			return -EINVAL;
	order = media_order_new(leg, MEDIA_ORDER_DIGITS);
	for (size_t i = 0; i < length; i++)
		order->digits.digits[i] = digits[i] == 'p' ? 'p' : (char)toupper(digits[i]);
	order->digits.on_ms = on_ms;
	order->digits.gap_ms = gap_ms;
	if (leg->dtmf_payload_type_tx == 0 && leg->codec)
		order->digits.tones = tones_new(leg->codec, order->digits.digits, on_ms, gap_ms);
	media_order_send(order);
	return 0;
}

void media_leg_detect_inband(struct media_leg *leg, bool on)
{
	struct media_order *order = media_order_new(leg, MEDIA_ORDER_INBAND);

	if (on)
		order->detector = dtmf_rx_init(NULL, NULL, NULL);
	media_order_send(order);
}

struct ring *media_leg_tap(struct media_leg *leg)
{
	if (!leg->tap && !leg->was_started)
		leg->tap = ring_new(sizeof(struct media_pcm_block), TAP_BLOCKS);
	return leg->tap;
}

static void order_tape(struct media_leg *leg, enum media_order_kind kind, struct media_tape *tape,
	bool paused, void (*released)(void *arg), void *arg)
{
	struct media_order *order = media_order_new(leg, kind);

	order->tape.tape = tape;
	order->tape.paused = paused;
	order->tape.released = released;
	order->tape.arg = arg;
	media_order_send(order);
}

void media_leg_tape(
	struct media_leg *leg, struct media_tape *tape, void (*released)(void *arg), void *arg)
{
	order_tape(leg, MEDIA_ORDER_TAPE, tape, false, released, arg);
}

void media_leg_untape(struct media_leg *leg, struct media_tape *tape)
{
	order_tape(leg, MEDIA_ORDER_UNTAPE, tape, false, NULL, NULL);
}

void media_leg_pause_tape(struct media_leg *leg, struct media_tape *tape, bool paused)
{
	order_tape(leg, MEDIA_ORDER_TAPE_PAUSE, tape, paused, NULL, NULL);
}

void media_leg_stats(const struct media_leg *leg, struct media_stats *ret_stats)
{
	const struct media_counters *counters = &leg->counters;
	double units_per_ms = leg->codec ? leg->codec->rtp_rate / 1000.0 : 8.0;

	*ret_stats = (struct media_stats){
		.tx_packets = atomic_load_explicit(&counters->tx_packets, memory_order_relaxed),
		.rx_packets = atomic_load_explicit(&counters->rx_packets, memory_order_relaxed),
		.rx_bytes = atomic_load_explicit(&counters->rx_bytes, memory_order_relaxed),
		.rx_dropped_source =
			atomic_load_explicit(&counters->dropped_source, memory_order_relaxed),
		.rx_dropped_other =
			atomic_load_explicit(&counters->dropped_other, memory_order_relaxed),
		.rx_lost = atomic_load_explicit(&counters->lost, memory_order_relaxed),
		.jitter_ms = atomic_load_explicit(&counters->jitter_units, memory_order_relaxed) /
			     units_per_ms,
		.peer_lost_fraction =
			atomic_load_explicit(&counters->peer_lost_fraction, memory_order_relaxed) /
			256.0,
		.tx_lost = leg->stream
				   ? atomic_load_explicit(&leg->stream->lost, memory_order_relaxed)
				   : 0,
		.rtt_ms = atomic_load_explicit(&counters->rtt_ms, memory_order_relaxed),
	};
}
