/* engine.c - the core thread's side of the media engine. */
#include "media/engine.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/id.h"
#include "base/mem.h"
#include "media/port.h"
#include "media/thread.h"

#define TAP_BLOCKS 64

/* In-band digits, per frequency; two of them stay below full scale. */
#define TONE_LEVEL_DB -10.0

struct media_engine {
	struct mailbox box; /* from the media threads */
	int eventfd;
	struct event *event;
	struct port_pool *ports4, *ports6;
	unsigned threads;
	struct media_thread **thread;
	struct ear_clock *ears;
};

static struct port_pool *pool_of(struct media_engine *engine, int family)
{
	return family == AF_INET6 ? engine->ports6 : engine->ports4;
}

static struct media_order *order_new(struct media_leg *leg, enum media_order_kind kind)
{
	struct media_order *order = xcalloc(1, sizeof(*order));

	order->kind = kind;
	order->leg = leg;
	return order;
}

static void order_send(struct media_order *order)
{
	media_thread_order(order->leg->thread, order);
}

static void report_play_end(struct media_order *order)
{
	struct media_leg *leg = order->leg;
	size_t per_ms = prompt_codec(order->play.prompt)->bytes_per_ms;

	if (!leg->freed && leg->handler->on_play_end)
		leg->handler->on_play_end(leg->arg, order->play.number, order->play.end,
			(uint32_t)(order->play.sent / per_ms));
	prompt_unref(order->play.prompt);
}

static void report_digits_sent(struct media_order *order)
{
	struct media_leg *leg = order->leg;

	if (!leg->freed && leg->handler->on_digits_sent)
		leg->handler->on_digits_sent(leg->arg);
	prompt_unref(order->digits.tones);
}

static void report_heard(struct media_leg *leg)
{
	unsigned head = atomic_load_explicit(&leg->heard_head, memory_order_relaxed);

	atomic_store(&leg->note_posted, false);
	while (head != atomic_load_explicit(&leg->heard_tail, memory_order_acquire)) {
		struct heard_digit heard = leg->heard[head++ % HEARD_DIGITS];

		atomic_store_explicit(&leg->heard_head, head, memory_order_release);
		if (!leg->freed && leg->handler->on_digit)
			leg->handler->on_digit(leg->arg, heard.digit, heard.source);
	}
	if (atomic_exchange(&leg->timeout_noted, false) && !leg->freed &&
		leg->handler->on_rtp_timeout)
		leg->handler->on_rtp_timeout(leg->arg);
}

static void leg_destroy(struct media_leg *leg)
{
	port_pool_release(pool_of(leg->engine, leg->family), leg->rtp_fd, leg->rtcp_fd, leg->port);
	ring_free(leg->tap);
	free(leg);
}

static void detector_free(dtmf_rx_state_t *detector)
{
	if (detector)
		dtmf_rx_free(detector);
}

/* An order came back from a media thread. */
static void order_returned(struct media_order *order)
{
	switch (order->kind) {
	case MEDIA_ORDER_PLAY:
		report_play_end(order);
		break;
	case MEDIA_ORDER_DIGITS:
		report_digits_sent(order);
		break;
	case MEDIA_ORDER_INBAND:
		detector_free(order->detector);
		break;
	case MEDIA_ORDER_TAPE:
		order->tape.released(order->tape.arg);
		break;
	case MEDIA_ORDER_FREE:
		detector_free(order->detector);
		leg_destroy(order->leg);
		break;
	case MEDIA_ORDER_NOTE:
		report_heard(order->leg);
		return;
	default:
		break;
	}
	free(order);
}

static void take_returned(struct media_engine *engine)
{
	struct mail *mail = mailbox_take(&engine->box);

	while (mail) {
		struct media_order *order = (struct media_order *)mail;

		mail = mail->next;
		order_returned(order);
	}
}

static void on_eventfd(evutil_socket_t fd, short what, void *arg)
{
	uint64_t count;

	(void)what;
	if (read(fd, &count, sizeof(count)) < 0 && errno != EAGAIN)
		return;
	take_returned(arg);
}

static unsigned default_threads(void)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);

	return cores > 2 ? (unsigned)cores - 1 : 1;
}

struct media_engine *media_engine_new(struct loop *loop, const struct media_config *config)
{
	struct media_engine *engine = xcalloc(1, sizeof(*engine));

	engine->eventfd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (engine->eventfd < 0)
		abort();
	engine->event = event_new(
		loop_base(loop), engine->eventfd, EV_READ | EV_PERSIST, on_eventfd, engine);
	event_add(engine->event, NULL);
	engine->ports4 = port_pool_new(AF_INET, config->addr4, config->port_min, config->port_max);
	engine->ports6 = port_pool_new(AF_INET6, config->addr6, config->port_min, config->port_max);
	engine->threads = config->threads ? config->threads : default_threads();
	engine->thread = xcalloc(engine->threads, sizeof(*engine->thread));
	for (unsigned i = 0; i < engine->threads; i++)
		engine->thread[i] =
			media_thread_new(&engine->box, engine->eventfd, config->rtp_timeout_s);
	return engine;
}

struct media_engine *media_engine_free(struct media_engine *engine)
{
	if (!engine)
		return NULL;
	for (unsigned i = 0; i < engine->threads; i++)
		media_thread_free(engine->thread[i]);
	take_returned(engine);
	ear_clock_free(engine->ears);
	event_free(engine->event);
	close(engine->eventfd);
	port_pool_free(engine->ports4);
	port_pool_free(engine->ports6);
	free(engine->thread);
	free(engine);
	return NULL;
}

struct ear_clock **media_engine_ears(struct media_engine *engine)
{
	return &engine->ears;
}

static struct media_thread *quietest_thread(struct media_engine *engine)
{
	struct media_thread *best = engine->thread[0];

	for (unsigned i = 1; i < engine->threads; i++)
		if (*media_thread_legs(engine->thread[i]) < *media_thread_legs(best))
			best = engine->thread[i];
	++*media_thread_legs(best);
	return best;
}

static void leg_init(struct media_leg *leg)
{
	int on = 1;

	media_queue_init(&leg->plays);
	media_queue_init(&leg->digits);
	media_queue_init(&leg->ended);
	media_queue_init(&leg->tapes);
	leg->ssrc = id_random_u32();
	leg->timestamp = id_random_u32();
	leg->sequence = (uint16_t)id_random_u32();
	snprintf(leg->cname, sizeof(leg->cname), "%08x%08x", id_random_u32(), id_random_u32());
	leg->note.kind = MEDIA_ORDER_NOTE;
	leg->note.leg = leg;
	setsockopt(leg->rtcp_fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on));
}

struct media_leg *media_leg_new(struct media_engine *engine, int family,
	const struct media_leg_handler *handler, void *arg, int *ret_error)
{
	struct media_leg *leg = xcalloc(1, sizeof(*leg));
	int error =
		port_pool_bind(pool_of(engine, family), &leg->rtp_fd, &leg->rtcp_fd, &leg->port);

	if (error < 0) {
		free(leg);
		*ret_error = error;
		return NULL;
	}
	leg->engine = engine;
	leg->family = family;
	leg->handler = handler;
	leg->arg = arg;
	leg->thread = quietest_thread(engine);
	leg_init(leg);
	return leg;
}

struct media_leg *media_leg_free(struct media_leg *leg)
{
	if (!leg)
		return NULL;
	leg->freed = true;
	--*media_thread_legs(leg->thread);
	order_send(order_new(leg, MEDIA_ORDER_FREE));
	return NULL;
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
	struct media_order *order = order_new(leg, MEDIA_ORDER_START);
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
	leg->dtmf_payload_type_tx = params->dtmf_payload_type_tx;
	order_send(order);
}

uint32_t media_leg_play(struct media_leg *leg, struct prompt *prompt, unsigned loops)
{
	struct media_order *order = order_new(leg, MEDIA_ORDER_PLAY);
	uint32_t number = ++leg->last_play;

	order->play.prompt = prompt_ref(prompt);
	order->play.number = number;
	order->play.loops = loops;
	order_send(order);
	return number;
}

void media_leg_stop(struct media_leg *leg)
{
	order_send(order_new(leg, MEDIA_ORDER_STOP));
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

	if (length == 0 || length > MEDIA_DIGITS_MAX || on_ms < 40 || on_ms > 6000 || gap_ms < 30 ||
		gap_ms > 6000)
		return -EINVAL;
	for (size_t i = 0; i < length; i++)
		if (!strchr(DTMF_DIGITS "abcdp", digits[i]))
			return -EINVAL;
	order = order_new(leg, MEDIA_ORDER_DIGITS);
	for (size_t i = 0; i < length; i++)
		order->digits.digits[i] = digits[i] == 'p' ? 'p' : (char)toupper(digits[i]);
	order->digits.on_ms = on_ms;
	order->digits.gap_ms = gap_ms;
	if (leg->dtmf_payload_type_tx == 0 && leg->codec)
		order->digits.tones = tones_new(leg->codec, order->digits.digits, on_ms, gap_ms);
	order_send(order);
	return 0;
}

void media_leg_detect_inband(struct media_leg *leg, bool on)
{
	struct media_order *order = order_new(leg, MEDIA_ORDER_INBAND);

	if (on)
		order->detector = dtmf_rx_init(NULL, NULL, NULL);
	order_send(order);
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
	struct media_order *order = order_new(leg, kind);

	order->tape.tape = tape;
	order->tape.paused = paused;
	order->tape.released = released;
	order->tape.arg = arg;
	order_send(order);
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
		.rtt_ms = atomic_load_explicit(&counters->rtt_ms, memory_order_relaxed),
	};
}
