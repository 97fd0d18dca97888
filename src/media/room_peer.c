#include "media/room_peer.h"

#include <math.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "media/codec.h"
#include "media/dtmf_rx.h"
#include "media/engine_peer.h"

#define LEVEL 8000.0 /* of a tone that is said */

static void on_digit(void *arg, char digit, enum media_dtmf_source source)
{
	struct party *party = arg;

	(void)source;
	party->digits[strlen(party->digits)] = digit;
}

static void on_play_end(void *arg, uint32_t play, enum media_play_end end, uint32_t played_ms)
{
	struct party *party = arg;

	(void)play;
	(void)end;
	party->ends++;
	party->played_ms = played_ms;
}

static void keep_sound(struct party *party, const int16_t *pcm, size_t samples)
{
	assert_true(party->samples + samples <= PARTY_SOUND);
	memcpy(party->sound + party->samples, pcm, samples * sizeof(*pcm));
	party->samples += samples;
}

static void on_frame(void *arg, const int16_t *pcm, size_t samples)
{
	keep_sound(arg, pcm, samples);
}

static void on_mark(void *arg, uint32_t mark, bool cleared)
{
	struct party *party = arg;

	(void)cleared;
	party->marks = mark;
}

static void on_room_play_end(void *arg, uint32_t play, enum media_play_end end, uint32_t played_ms)
{
	struct parties *all = arg;

	(void)play;
	(void)end;
	all->room_ends++;
	all->room_played_ms = played_ms;
}

static const struct media_stream_handler handler = {
	.leg = {.on_digit = on_digit, .on_play_end = on_play_end},
	.on_frame = on_frame,
	.on_mark = on_mark,
};

static void open_socket(struct party *party)
{
	struct sockaddr_in address;
	int error;

	party->leg = media_leg_new(party->all->engine, AF_INET, &handler.leg, party, &error);
	assert_non_null(party->leg);
	party->fd = peer_socket("127.0.0.1", &address);
	party->params = peer_params_for(&address);
	party->leg_address = (struct sockaddr_in){.sin_family = AF_INET};
	party->leg_address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	party->leg_address.sin_port = htons(media_leg_port(party->leg));
}

static void party_init(struct parties *all, struct party *party, unsigned number, unsigned rate)
{
	memset(party, 0, sizeof(*party));
	party->all = all;
	party->fd = -1;
	/* Whole periods in 20 ms. */
	party->hz = 400 + 150 * (number % 20);
	party->ssrc = 1000 + number;
	party->sequence = (uint16_t)(65500 + number);
	party->timestamp = 0xffffff00u + number;
	party->packet = xcalloc(PARTY_PACKETS, sizeof(*party->packet));
	party->sound = xcalloc(PARTY_SOUND, sizeof(*party->sound));
	if (rate) {
		party->leg = media_stream_new(all->engine, rate, &handler, party);
		party->params.codec = codec_l16(rate);
		party->params.ptime_ms = 20;
	} else {
		open_socket(party);
	}
}

struct party *parties_add(struct parties *all, unsigned stream_rate)
{
	struct party *party = &all->party[all->count];

	party_init(all, party, all->count++, stream_rate);
	return party;
}

struct parties *parties_new(unsigned threads, unsigned count)
{
	struct parties *all = xcalloc(1, sizeof(*all));
	struct media_config config = peer_config;

	config.threads = threads;
	config.rtp_timeout_s = 0;
	all->loop = loop_new();
	all->engine = media_engine_new(all->loop, &config);
	all->room = media_room_new(all->engine, on_room_play_end, all);
	all->party = xcalloc(count + 8, sizeof(*all->party));
	for (unsigned i = 0; i < count; i++)
		parties_add(all, 0);
	return all;
}

void party_free_leg(struct party *party)
{
	party->leg = media_leg_free(party->leg);
	party->hz = -1;
}

void parties_free(struct parties *all)
{
	for (unsigned i = 0; i < all->count; i++) {
		party_free_leg(&all->party[i]);
		if (all->party[i].fd >= 0)
			close(all->party[i].fd);
		free(all->party[i].packet);
		free(all->party[i].sound);
	}
	media_room_free(all->room);
	media_engine_free(all->engine);
	loop_free(all->loop);
	free(all->party);
	free(all);
}

void party_start(struct party *party)
{
	if (party->fd < 0)
		media_stream_run(party->leg);
	else
		media_leg_start(party->leg, &party->params);
	party->next_at = clock_mono() + (uint64_t)(party->ssrc % 20) * 1000;
}

void parties_join(struct parties *all)
{
	for (unsigned i = 0; i < all->count; i++)
		media_room_join(all->room, all->party[i].leg);
}

void parties_start(struct parties *all)
{
	for (unsigned i = 0; i < all->count; i++)
		party_start(&all->party[i]);
}

/* --- talking --- */

void party_send(struct party *party, uint8_t type, bool marker, uint32_t timestamp,
	const void *payload, size_t length)
{
	uint8_t packet[1024];

	rtp_write_header(packet, marker, type, party->sequence++, timestamp, party->ssrc);
	memcpy(packet + RTP_HEADER_SIZE, payload, length);
	assert_true(
		sendto(party->fd, packet, RTP_HEADER_SIZE + length, 0,
			(struct sockaddr *)&party->leg_address, sizeof(party->leg_address)) > 0);
}

void party_press(struct party *party, uint8_t event, bool end, unsigned ms)
{
	uint8_t payload[DTMF_EVENT_SIZE] = {event, end ? 0x8a : 0x0a};

	put16(payload + 2, (uint16_t)(ms * 8));
	party_send(party, party->params.dtmf_payload_type_rx, false, party->timestamp, payload,
		sizeof(payload));
}

static void talk(struct party *party)
{
	const struct codec *codec = party->params.codec;
	size_t samples = party->params.ptime_ms * codec->sample_rate / 1000;
	int16_t pcm[48 * 60];
	uint8_t coded[48 * 60 * 2];

	for (size_t i = 0; i < samples; i++)
		pcm[i] = (int16_t)(LEVEL * sin(2 * M_PI * party->hz * (double)party->said++ /
						   codec->sample_rate));
	codec->encode(pcm, samples, coded);
	if (party->fd < 0)
		media_stream_write(party->leg, pcm, samples);
	else if (party->skip)
		party->sequence++;
	else
		party_send(party, party->params.payload_type, false, party->timestamp, coded,
			party->params.ptime_ms * codec->bytes_per_ms);
	party->skip -= party->skip > 0;
	party->timestamp += (uint32_t)samples;
}

/* --- listening --- */

static void note_packet(struct party *party, const uint8_t *data, size_t length)
{
	struct party_packet *note = &party->packet[party->packets++];
	struct rtp_packet packet;
	int16_t pcm[480];
	size_t samples;

	assert_true(party->packets <= PARTY_PACKETS);
	assert_int_equal(rtp_parse(data, length, &packet), 0);
	*note = (struct party_packet){.type = packet.payload_type,
		.marker = packet.marker,
		.sequence = packet.sequence,
		.timestamp = packet.timestamp,
		.ssrc = packet.ssrc,
		.at = clock_mono(),
		.length = (uint16_t)packet.length};
	assert_true(packet.length <= sizeof(note->payload));
	memcpy(note->payload, packet.payload, packet.length);
	if (packet.payload_type != party->params.payload_type)
		return;
	samples = party->params.codec->decode(packet.payload, packet.length, pcm);
	keep_sound(party, pcm, samples);
}

static void hear(struct party *party)
{
	uint8_t data[2048];
	ssize_t length;

	while (party->fd >= 0 && (length = recv(party->fd, data, sizeof(data), MSG_DONTWAIT)) > 0)
		note_packet(party, data, (size_t)length);
}

void parties_run(struct parties *all, unsigned ms)
{
	uint64_t until = clock_mono() + ms * USEC_PER_MSEC, now;

	while ((now = clock_mono()) < until) {
		for (unsigned i = 0; i < all->count; i++) {
			struct party *party = &all->party[i];

			hear(party);
			while (party->next_at && now >= party->next_at && party->hz >= 0 &&
				party->leg) {
				party->next_at += party->params.ptime_ms * USEC_PER_MSEC;
				talk(party);
			}
		}
		event_base_loop(loop_base(all->loop), EVLOOP_NONBLOCK);
		poll(NULL, 0, 1);
	}
}

void parties_listen(struct parties *all, unsigned ms)
{
	for (unsigned i = 0; i < all->count; i++)
		all->party[i].packets = all->party[i].samples = 0;
	parties_run(all, ms);
}

static double level_at(const int16_t *sound, size_t samples, double hz, double rate)
{
	double re = 0, im = 0;

	for (size_t i = 0; i < samples; i++) {
		re += sound[i] * cos(2 * M_PI * hz * (double)i / rate);
		im += sound[i] * sin(2 * M_PI * hz * (double)i / rate);
	}
	return 2 * sqrt(re * re + im * im) / (double)samples / LEVEL;
}

/* Frame by frame, as a frame more or less between is no silence. */
double party_hears(const struct party *party, double hz)
{
	double rate = party->params.codec->sample_rate, sum = 0;
	size_t frame = (size_t)(rate / 50), frames = party->samples / frame;

	for (size_t i = 0; i < frames; i++)
		sum += level_at(party->sound + i * frame, frame, hz, rate);
	return frames ? sum / (double)frames : 0;
}

bool hears(const struct party *listener, const struct party *speaker)
{
	return party_hears(listener, speaker->hz) > 0.3;
}

bool hears_not(const struct party *listener, const struct party *speaker)
{
	return party_hears(listener, speaker->hz) < 0.1;
}

/* A thread that has got no time for 60 ms leaves packets out, which is none of our business. */
void party_check_continuous(const struct party *party)
{
	for (size_t i = 1; i < party->packets; i++) {
		const struct party_packet *a = &party->packet[i - 1], *b = &party->packet[i];

		assert_int_equal((uint16_t)(b->sequence - a->sequence), 1);
		assert_int_equal(b->ssrc, a->ssrc);
		if (a->type != party->params.payload_type || b->type != a->type)
			continue;
		if (b->timestamp - a->timestamp != a->length)
			assert_true(b->at - a->at > 40000);
	}
}
