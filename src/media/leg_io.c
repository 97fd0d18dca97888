/* leg_io.c - a leg's sockets: one call picks up all RTP that came since the last packet
 * time, one call sends the next packet. Media thread.
 *
 * Sockets stay unconnected: a route look-up for each packet (some 4 % of its cost, by perf)
 * buys the count of strangers' packets, and no ICMP error of a peer disturbs a send. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "base/clock.h"
#include "base/id.h"
#include "base/mem.h"
#include "media/room_private.h"
#include "media/stream_private.h"

/* Packets taken in one service. With 20 ms that is 400 in a second: enough for a peer that
 * sends 10 ms packets in bursts, and a bound for a flood, which the kernel then drops. */
#define BATCH	    8
#define PACKET_SIZE 1500
#define FLUSH_MAX   64

/* RFC 3551 6: comfort noise, legal at any time and not worth a complaint. */
#define COMFORT_NOISE 13

#define RTCP_INTERVAL	(5 * USEC_PER_SEC)
#define RTCP_READ_EVERY USEC_PER_SEC

struct media_packets {
	struct mmsghdr messages[BATCH];
	struct iovec vectors[BATCH];
	union media_addr from[BATCH];
	uint8_t control[BATCH][64];
	uint8_t data[BATCH][PACKET_SIZE];
};

struct media_packets *media_packets_new(void)
{
	struct media_packets *packets = xcalloc(1, sizeof(*packets));

	for (int i = 0; i < BATCH; i++) {
		packets->vectors[i].iov_base = packets->data[i];
		packets->vectors[i].iov_len = PACKET_SIZE;
		packets->messages[i].msg_hdr.msg_iov = &packets->vectors[i];
		packets->messages[i].msg_hdr.msg_iovlen = 1;
		packets->messages[i].msg_hdr.msg_name = &packets->from[i];
		packets->messages[i].msg_hdr.msg_namelen = sizeof(packets->from[i]);
	}
	return packets;
}

struct media_packets *media_packets_free(struct media_packets *packets)
{
	free(packets);
	return NULL;
}

static void take_packet(
	struct media_leg *leg, const struct rtp_packet *packet, size_t size, uint64_t now)
{
	uint32_t arrival = (uint32_t)(now * (leg->agreed.codec->rtp_rate / 1000) / USEC_PER_MSEC);
	bool event = leg->agreed.dtmf_rx && packet->payload_type == leg->agreed.dtmf_rx;
	bool fresh;

	leg->heard_at = now;
	leg->timed_out = false;
	COUNT(leg->counters.rx_packets, 1);
	COUNT(leg->counters.rx_bytes, size);
	fresh = rtp_source_update(&leg->source, packet, arrival);
	if (fresh)
		dtmf_rx_restart(&leg->dtmf_rx);
	if (leg->served == SERVED_RELAY)
		media_relay(leg, packet, fresh, now);
	if (leg->served != SERVED_ALONE)
		media_member_heard(leg, packet, now);
	if (event)
		media_leg_heard_event(leg, packet, now);
	else if (packet->payload_type == leg->agreed.payload_type)
		media_leg_heard_audio(leg, packet, now);
}

static bool known_type(const struct media_agreed *agreed, uint8_t type)
{
	return type == agreed->payload_type || type == COMFORT_NOISE ||
	       (agreed->dtmf_rx && type == agreed->dtmf_rx);
}

static void receive_one(struct media_leg *leg, const uint8_t *data, size_t size,
	const union media_addr *from, uint64_t now)
{
	struct rtp_packet packet;

	if (size > PACKET_SIZE || rtp_parse(data, size, &packet) < 0 ||
		!known_type(&leg->agreed, packet.payload_type)) {
		COUNT(leg->counters.dropped_other, 1);
		return;
	}
	if (!latch_admit(&leg->latch, from, &packet)) {
		COUNT(leg->counters.dropped_source, 1);
		return;
	}
	if (leg->agreed.receive)
		take_packet(leg, &packet, size, now);
}

/* Forgets what waits in the socket: packets of a source that a new offer has moved away from
 * would otherwise be latched on to once more. */
void media_leg_flush(struct media_leg *leg)
{
	uint8_t byte;

	for (int i = 0; i < FLUSH_MAX; i++) {
		if (recv(leg->rtp_fd, &byte, 1, MSG_DONTWAIT | MSG_TRUNC) < 0)
			return;
	}
}

/* All that waits, up to BATCH; returns how many. */
static int receive_batch(struct media_leg *leg, struct media_packets *packets, uint64_t now)
{
	int count = recvmmsg(leg->rtp_fd, packets->messages, BATCH, MSG_DONTWAIT, NULL);

	for (int i = 0; i < count; i++) {
		bool cut = packets->messages[i].msg_hdr.msg_flags & MSG_TRUNC;

		receive_one(leg, packets->data[i],
			cut ? PACKET_SIZE + 1 : packets->messages[i].msg_len, &packets->from[i],
			now);
		packets->messages[i].msg_hdr.msg_namelen = sizeof(packets->from[i]);
	}
	return count;
}

static void publish_source(struct media_leg *leg)
{
	PUBLISH(leg->counters.lost, rtp_source_lost(&leg->source));
	PUBLISH(leg->counters.jitter_units, leg->source.jitter >> 4);
}

void media_leg_receive_one(struct media_leg *leg, struct media_packets *packets, uint64_t now)
{
	socklen_t length = sizeof(packets->from[0]);
	ssize_t size = recvfrom(leg->rtp_fd, packets->data[0], PACKET_SIZE,
		MSG_DONTWAIT | MSG_TRUNC, &packets->from[0].sa, &length);

	if (size < 0)
		return;
	receive_one(leg, packets->data[0], (size_t)size, &packets->from[0], now);
	publish_source(leg);
}

/* One packet comes in a packet time, so one call takes it. Every fourth time, and as long as
 * that finds more than was due (short packets, a burst), everything that waits is taken. */
void media_leg_receive(struct media_leg *leg, struct media_packets *packets, uint64_t now)
{
	int count;

	if (leg->stream) {
		media_leg_heard_stream(leg, now);
		return;
	}
	if (!leg->bursts && leg->visits++ % 4 != 0) {
		media_leg_receive_one(leg, packets, now);
		return;
	}
	count = receive_batch(leg, packets, now);
	leg->bursts = count > 1 ? 4 : leg->bursts - (leg->bursts > 0);
	if (count > 0)
		publish_source(leg);
}

void media_leg_send(struct media_leg *leg, bool marker, uint8_t payload_type, uint16_t sequence,
	uint32_t timestamp, uint8_t *packet, size_t payload)
{
	rtp_write_header(packet, marker, payload_type, sequence, timestamp, leg->ssrc);
	if (sendto(leg->rtp_fd, packet, RTP_HEADER_SIZE + payload, MSG_DONTWAIT | MSG_NOSIGNAL,
		    &leg->latch.target.sa, media_addr_length(&leg->latch.target)) < 0)
		return;
	COUNT(leg->counters.tx_packets, 1);
	COUNT(leg->counters.tx_bytes, payload);
}

/* The next packet of our own. */
static void send_packet(struct media_leg *leg, bool marker, uint8_t payload_type,
	uint32_t timestamp, uint8_t *packet, size_t payload)
{
	if (payload_type == leg->agreed.payload_type)
		media_leg_tape_sent(leg, packet + RTP_HEADER_SIZE, payload);
	if (leg->stream)
		media_stream_give(leg, packet + RTP_HEADER_SIZE, payload);
	else
		media_leg_send(
			leg, marker, payload_type, leg->sequence++, timestamp, packet, payload);
}

static void finish_digits(struct media_leg *leg)
{
	leg->dtmf_tx.digits = NULL;
	media_post_back(media_queue_pop(&leg->digits));
}

/* In-band tones take the place of what is played. False when they are over. */
static bool fill_tones(struct media_leg *leg, struct media_order *order, uint8_t *out)
{
	size_t want = leg->frame_bytes;
	const uint8_t *data;
	size_t got;

	while (want > 0 &&
		(got = prompt_peek(order->digits.tones, order->digits.offset, want, &data)) > 0) {
		memcpy(out, data, got);
		out += got;
		want -= got;
		order->digits.offset += got;
	}
	memset(out, leg->agreed.codec->silence, want);
	return want < leg->frame_bytes;
}

static bool send_event(struct media_leg *leg, struct media_order *order, uint8_t *packet)
{
	struct dtmf_tx_packet event;

	if (!leg->dtmf_tx.digits)
		dtmf_tx_start(&leg->dtmf_tx, order->digits.digits, order->digits.on_ms,
			order->digits.gap_ms);
	switch (dtmf_tx_step(&leg->dtmf_tx, leg->agreed.ptime_ms, &event)) {
	case DTMF_TX_EVENT:
		if (event.first)
			leg->dtmf_timestamp = leg->timestamp;
		dtmf_tx_write(&event, leg->agreed.codec->rtp_rate / 1000, packet + RTP_HEADER_SIZE);
		send_packet(leg, event.first, leg->agreed.dtmf_tx, leg->dtmf_timestamp, packet,
			DTMF_EVENT_SIZE);
		return true;
	case DTMF_TX_FINISHED:
		finish_digits(leg);
		break;
	case DTMF_TX_AUDIO:
		break;
	}
	return false;
}

/* A new offer may have changed the codec, or taken telephone-event away. */
static bool tones_fit(const struct media_leg *leg, const struct media_order *order)
{
	return order->digits.tones && prompt_codec(order->digits.tones) == leg->agreed.codec;
}

/* Digits that wait, as events or tones. False when the packet is free for what is played. */
static bool send_digits(struct media_leg *leg, uint8_t *packet)
{
	struct media_order *order = leg->digits.first;

	if (!order)
		return false;
	if (!order->digits.tones && leg->agreed.dtmf_tx)
		return send_event(leg, order, packet);
	if (tones_fit(leg, order) && fill_tones(leg, order, packet + RTP_HEADER_SIZE)) {
		send_packet(leg, false, leg->agreed.payload_type, leg->timestamp, packet,
			leg->frame_bytes);
		return true;
	}
	finish_digits(leg);
	return false;
}

/* A key that the other side of the room presses. */
static bool send_press(struct media_leg *leg, uint8_t *packet, uint64_t now)
{
	bool event, first;
	size_t length;

	length = media_press_fill(leg, packet + RTP_HEADER_SIZE, now, &event, &first);
	if (length == 0)
		return false;
	if (event)
		send_packet(
			leg, first, leg->agreed.dtmf_tx, leg->member->press.began, packet, length);
	else
		send_packet(leg, !leg->talking, leg->agreed.payload_type, leg->timestamp, packet,
			length);
	return true;
}

static void send_sound(struct media_leg *leg, uint8_t *packet)
{
	if (leg->served > SERVED_RELAY)
		media_member_fill(leg, packet + RTP_HEADER_SIZE);
	else
		media_player_fill(&leg->player, leg->agreed.codec, packet + RTP_HEADER_SIZE,
			leg->frame_bytes);
	send_packet(leg, !leg->talking, leg->agreed.payload_type, leg->timestamp, packet,
		leg->frame_bytes);
}

void media_leg_transmit(struct media_leg *leg, uint64_t now)
{
	uint8_t packet[RTP_HEADER_SIZE + FRAME_MAX_BYTES];

	if (!media_relay_flows(leg)) {
		if (leg->agreed.send && !send_digits(leg, packet) && !send_press(leg, packet, now))
			send_sound(leg, packet);
		leg->talking = leg->agreed.send;
		leg->timestamp += leg->frame_units;
	}
	media_leg_tape_step(leg, now);
	media_player_hand_back(&leg->player);
}

void media_leg_left_out(struct media_leg *leg)
{
	if (!leg->relay.flows)
		leg->timestamp += leg->frame_units;
}

static uint64_t arrival_of(struct msghdr *message)
{
	struct cmsghdr *control = CMSG_FIRSTHDR(message);
	struct timespec at;

	if (!control || control->cmsg_level != SOL_SOCKET || control->cmsg_type != SCM_TIMESTAMPNS)
		return clock_wall();
	memcpy(&at, CMSG_DATA(control), sizeof(at));
	return (uint64_t)at.tv_sec * USEC_PER_SEC + (uint64_t)at.tv_nsec / 1000;
}

static void take_feedback(
	struct media_leg *leg, struct mmsghdr *message, const union media_addr *from)
{
	struct rtcp_feedback feedback;
	uint64_t wall = arrival_of(&message->msg_hdr);

	if (!media_addr_same_host(from, &leg->latch.target) ||
		rtcp_parse(message->msg_hdr.msg_iov->iov_base, message->msg_len, leg->ssrc, wall,
			&feedback) < 0)
		return;
	if (feedback.has_sr) {
		leg->last_sr.ntp_middle = feedback.sr_ntp_middle;
		leg->last_sr.wall = wall;
	}
	if (feedback.has_report)
		PUBLISH(leg->counters.peer_lost_fraction, feedback.lost_fraction);
	if (feedback.has_rtt)
		PUBLISH(leg->counters.rtt_ms, feedback.rtt_ms ? feedback.rtt_ms : 1);
}

static void read_rtcp(struct media_leg *leg, struct media_packets *packets)
{
	int count;

	for (int i = 0; i < BATCH; i++) {
		packets->messages[i].msg_hdr.msg_control = packets->control[i];
		packets->messages[i].msg_hdr.msg_controllen = sizeof(packets->control[i]);
	}
	count = recvmmsg(leg->rtcp_fd, packets->messages, BATCH, MSG_DONTWAIT, NULL);
	for (int i = 0; i < count; i++)
		take_feedback(leg, &packets->messages[i], &packets->from[i]);
	for (int i = 0; i < BATCH; i++) {
		packets->messages[i].msg_hdr.msg_namelen = sizeof(packets->from[i]);
		packets->messages[i].msg_hdr.msg_control = NULL;
		packets->messages[i].msg_hdr.msg_controllen = 0;
	}
}

static void send_rtcp(struct media_leg *leg)
{
	uint64_t packets = atomic_load_explicit(&leg->counters.tx_packets, memory_order_relaxed);
	uint64_t bytes = atomic_load_explicit(&leg->counters.tx_bytes, memory_order_relaxed);
	struct rtcp_report report = {
		.ssrc = leg->ssrc,
		.cname = leg->cname,
		.wall = clock_wall(),
		.timestamp = leg->timestamp,
		.packets = (uint32_t)packets,
		.bytes = (uint32_t)bytes,
		.sender = packets != leg->rtcp_tx_packets,
	};
	union media_addr to = leg->agreed.rtcp;
	uint8_t out[RTCP_MAX_SIZE];
	size_t length = rtcp_write(&report, &leg->source, &leg->last_sr, out);

	if (to.sa.sa_family == AF_UNSPEC || !media_addr_same_host(&to, &leg->latch.target))
		to = media_addr_shift(&leg->latch.target, 1);
	leg->rtcp_tx_packets = packets;
	(void)!sendto(leg->rtcp_fd, out, length, MSG_DONTWAIT | MSG_NOSIGNAL, &to.sa,
		media_addr_length(&to));
}

/* RFC 3550 6.2: reports at random between half and one and a half of the interval. */
static uint64_t random_interval(const struct media_leg *leg, uint64_t now)
{
	uint32_t mixed = (leg->ssrc ^ (uint32_t)now) * 2654435761u;

	return RTCP_INTERVAL / 2 + (uint64_t)mixed % RTCP_INTERVAL;
}

void media_leg_rtcp(struct media_leg *leg, struct media_packets *packets, uint64_t now)
{
	if (now >= leg->rtcp_read_at) {
		leg->rtcp_read_at = now + RTCP_READ_EVERY;
		read_rtcp(leg, packets);
	}
	if (leg->rtcp_send_at == 0)
		leg->rtcp_send_at = now + random_interval(leg, now) / 2;
	if (now >= leg->rtcp_send_at) {
		leg->rtcp_send_at = now + random_interval(leg, now);
		send_rtcp(leg);
	}
}
