/* meter.c - the far end of RTP in a load test: one UDP port, any number of streams.
 *
 *   meter -p PORT -m sink|echo|keys|talk [-r FILE] [-c FILE] [-t TALKERS]
 *
 * A stream is a source port that sends to us. sink only listens, echo sends each packet back,
 * keys talks silence to each stream and presses one key (RFC 4733) some 300 to 700 ms after it
 * began to play, talk talks to each stream: the first TALKERS of them with sound without a pause,
 * the others in silence. With each -c it also talks to the ports that a log of sipp names in lines
 * "CALL NUMBER PORT", since a server may send nothing before it hears something. SIGUSR1 begins the
 * window that is measured; SIGTERM ends it and prints one JSON object. -r writes a line for each
 * stream: port, first packet, first and last packet with sound, key pressed (microseconds on
 * CLOCK_MONOTONIC; 0 is never), packets.
 *
 * Times of arrival are the kernel's own (SO_TIMESTAMPNS): on loopback that is when the server's
 * send() ran, so that gaps speak of the server and not of how busy the meter is. */
#include <arpa/inet.h>
#include <errno.h>
#include <math.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BATCH	       64
#define NSEC	       UINT64_C(1000000000)
#define MSEC	       UINT64_C(1000000)
#define NEW_CALL_AFTER (3 * NSEC) /* a port silent for so long belongs to another call */
#define HISTOGRAM      10000	  /* of 0.1 ms */
#define PT_EVENT       101
#define SOUND_FRAMES   50
#define FRAME	       160

enum mode { SINK, ECHO_BACK, KEYS, TALK };

struct stream {
	uint64_t first, last, first_voice, last_voice, pressed; /* ns, kernel time */
	uint64_t base; /* smallest arrival less media time: the stream's own grid */
	uint64_t window_first, window_last;
	uint32_t ssrc, timestamp, packets, window_packets;
	uint16_t sequence;
	bool used;
	/* what keys sends */
	uint64_t next_tx, press_at;
	uint32_t tx_timestamp, event_timestamp;
	uint16_t tx_sequence;
	uint8_t event_packets, frame; /* frame: of the sound */
	bool called, talks;	      /* called: talked to before it was heard */
};

static struct stream streams[65536];
static uint16_t active[65536]; /* ports in order of appearance */
static size_t active_count;
static uint32_t histogram[HISTOGRAM + 1];
static struct {
	uint64_t start, packets, sent, lost, late, over25, over40, drops, max_gap;
} window;
static volatile sig_atomic_t stopping, begin_window;
static enum mode mode;
static FILE *records, *calls[4]; /* calls: sipp's logs */
static size_t calls_count;
static unsigned long talkers = 65536;
static uint8_t sound[SOUND_FRAMES * FRAME]; /* mu-law */
static int64_t wall_offset;		    /* CLOCK_REALTIME less CLOCK_MONOTONIC */

static void on_signal(int number)
{
	if (number == SIGUSR1)
		begin_window = 1;
	else
		stopping = 1;
}

static uint64_t read_clock(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (uint64_t)ts.tv_sec * NSEC + (uint64_t)ts.tv_nsec;
}

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void put32(uint8_t *p, uint32_t value)
{
	p[0] = (uint8_t)(value >> 24);
	p[1] = (uint8_t)(value >> 16);
	p[2] = (uint8_t)(value >> 8);
	p[3] = (uint8_t)value;
}

/* Mu-law silence is 0xff and 0x7f with their neighbours; a prompt has louder samples. */
static bool has_sound(const uint8_t *payload, size_t size)
{
	size_t loud = 0;

	for (size_t i = 0; i < size; i++)
		loud += (payload[i] & 0x7f) < 0x70;
	return loud > size / 8;
}

static void write_record(uint16_t port)
{
	const struct stream *s = &streams[port];

	if (records)
		fprintf(records, "%u,%lu,%lu,%lu,%lu,%u\n", port, s->first / 1000,
			s->first_voice / 1000, s->last_voice / 1000, s->pressed / 1000, s->packets);
}

static void start_window(uint64_t now)
{
	memset(&window, 0, sizeof(window));
	memset(histogram, 0, sizeof(histogram));
	window.start = now;
	for (size_t i = 0; i < active_count; i++) {
		streams[active[i]].window_packets = 0;
		streams[active[i]].base = UINT64_MAX;
	}
}

static void start_stream(struct stream *s, uint16_t port, uint64_t now)
{
	static unsigned long count;
	bool known = s->called || s->used;

	if (s->called && !s->used) {
		s->used = true;
		s->first = now;
		return;
	}
	if (s->used)
		write_record(port);
	if (!known)
		active[active_count++] = port;
	memset(s, 0, sizeof(*s));
	s->used = true;
	s->first = now;
	s->base = UINT64_MAX;
	s->talks = count++ < talkers;
	s->frame = (uint8_t)(random() % SOUND_FRAMES);
	s->next_tx = now + (uint64_t)(random() % 20) * MSEC;
	s->tx_sequence = (uint16_t)random();
	s->tx_timestamp = (uint32_t)random();
}

static void measure_gap(struct stream *s, uint16_t sequence, uint32_t timestamp, uint64_t now)
{
	uint64_t gap = now > s->last ? now - s->last : 0, bucket = gap / 100000;
	uint64_t grid = now - (uint64_t)(timestamp - s->timestamp) * 125000;
	uint16_t step = (uint16_t)(sequence - s->sequence);

	if (step > 1 && step < 1000)
		window.lost += step - 1u;
	histogram[bucket < HISTOGRAM ? bucket : HISTOGRAM]++;
	window.max_gap = gap > window.max_gap ? gap : window.max_gap;
	window.over25 += gap > 25 * MSEC;
	window.over40 += gap > 40 * MSEC;
	/* base moves along with the media time, so grid and base are of the same packet. */
	if (s->base != UINT64_MAX && grid > s->base + 20 * MSEC)
		window.late++;
	if (grid < s->base)
		s->base = grid;
	s->base += (uint64_t)(timestamp - s->timestamp) * 125000;
}

static void receive(uint16_t port, const uint8_t *packet, size_t size, uint64_t now)
{
	struct stream *s = &streams[port];
	uint16_t sequence = (uint16_t)(packet[2] << 8 | packet[3]);
	uint32_t timestamp = get32(packet + 4), ssrc = get32(packet + 8);
	bool fresh = !s->used || now - s->last > NEW_CALL_AFTER || ssrc != s->ssrc;

	if (fresh)
		start_stream(s, port, now);
	else
		measure_gap(s, sequence, timestamp, now);
	s->ssrc = ssrc;
	s->sequence = sequence;
	s->timestamp = timestamp;
	s->last = now;
	s->packets++;
	if (s->window_packets++ == 0)
		s->window_first = now;
	s->window_last = now;
	window.packets++;
	if ((packet[1] & 0x7f) == 0 && has_sound(packet + 12, size - 12)) {
		if (!s->first_voice) {
			s->first_voice = now;
			s->press_at = now + (300 + (uint64_t)random() % 400) * MSEC;
		}
		s->last_voice = now;
	}
}

/* A second of a voice's strength and unevenness: tones that swell four times. */
static void make_sound(void)
{
	for (size_t i = 0; i < sizeof(sound); i++) {
		double t = (double)i / 8000, swell = 0.6 + 0.4 * sin(2 * M_PI * 4 * t);
		double sample =
			swell * (5000 * sin(2 * M_PI * 300 * t) + 3000 * sin(2 * M_PI * 1100 * t));
		int value = (int)sample, sign = value < 0 ? 0x80 : 0, exponent = 7;

		value = abs(value) + 132;
		while (exponent > 0 && !(value & (0x80 << exponent)))
			exponent--;
		sound[i] = (uint8_t) ~(sign | exponent << 4 | (value >> (exponent + 3) & 0x0f));
	}
}

/* The ports that sipp has learned since we last looked. */
static void read_calls(FILE *file, uint64_t now)
{
	unsigned number, port;
	char line[256];

	clearerr(file);
	while (fgets(line, sizeof(line), file)) {
		char *at = strstr(line, "CALL ");

		if (!at || sscanf(at, "CALL %u %u", &number, &port) != 2 || port > 65535 ||
			streams[port].used || streams[port].called)
			continue;
		start_stream(&streams[port], (uint16_t)port, now);
		streams[port].used = false;
		streams[port].called = true;
		streams[port].last = now;
	}
}

/* A packet of sound or silence, or of the key: five updates and the end three times (RFC 4733,
 * 2.5). */
static void talk(int fd, struct stream *s, uint16_t port, uint64_t now)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
	uint8_t packet[172] = {0x80};
	bool key = s->press_at && now >= s->press_at && s->event_packets < 8;
	size_t size = sizeof(packet);

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (mode == TALK && s->talks)
		memcpy(packet + 12, sound + FRAME * s->frame, FRAME);
	else
		memset(packet + 12, 0xff, FRAME);
	s->frame = (uint8_t)((s->frame + 1) % SOUND_FRAMES);
	if (key && s->event_packets == 0) {
		s->event_timestamp = s->tx_timestamp;
		s->pressed = now;
	}
	packet[1] = key ? (uint8_t)(PT_EVENT | (s->event_packets == 0 ? 0x80 : 0)) : 0;
	packet[2] = (uint8_t)(s->tx_sequence >> 8);
	packet[3] = (uint8_t)s->tx_sequence++;
	put32(packet + 4, key ? s->event_timestamp : s->tx_timestamp);
	put32(packet + 8, UINT32_C(0x6d000000) + port);
	if (key) {
		unsigned duration = 160u * (s->event_packets < 5 ? s->event_packets + 1u : 6u);

		put32(packet + 12,
			5u << 24 | (s->event_packets >= 5 ? 0x8a0000u : 0x0a0000u) | duration);
		size = 16;
		s->event_packets++;
	}
	s->tx_timestamp += 160;
	s->next_tx += 20 * MSEC;
	if (sendto(fd, packet, size, 0, (struct sockaddr *)&to, sizeof(to)) > 0)
		window.sent++;
}

static void talk_to_all(int fd, uint64_t now)
{
	for (size_t i = 0; i < active_count; i++) {
		struct stream *s = &streams[active[i]];

		if (now >= s->next_tx && now - s->last < NEW_CALL_AFTER)
			talk(fd, s, active[i], now);
	}
}

struct batch {
	struct mmsghdr headers[BATCH];
	struct iovec vectors[BATCH];
	struct sockaddr_in from[BATCH];
	uint8_t packets[BATCH][2048];
	uint8_t control[BATCH][128];
};

static void batch_prepare(struct batch *b)
{
	for (size_t i = 0; i < BATCH; i++) {
		b->vectors[i] = (struct iovec){b->packets[i], sizeof(b->packets[i])};
		b->headers[i].msg_hdr = (struct msghdr){.msg_name = &b->from[i],
			.msg_namelen = sizeof(b->from[i]),
			.msg_iov = &b->vectors[i],
			.msg_iovlen = 1,
			.msg_control = b->control[i],
			.msg_controllen = sizeof(b->control[i])};
	}
}

/* When the kernel had the packet, on the monotonic clock; also notes what the socket dropped. */
static uint64_t arrival(struct msghdr *header, uint64_t now)
{
	struct timespec ts;
	uint32_t drops;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c; c = CMSG_NXTHDR(header, c)) {
		if (c->cmsg_level != SOL_SOCKET)
			continue;
		if (c->cmsg_type == SCM_TIMESTAMPNS) {
			memcpy(&ts, CMSG_DATA(c), sizeof(ts));
			now = (uint64_t)((int64_t)ts.tv_sec * (int64_t)NSEC + ts.tv_nsec -
					 wall_offset);
		} else if (c->cmsg_type == SO_RXQ_OVFL) {
			memcpy(&drops, CMSG_DATA(c), sizeof(drops));
			window.drops = drops;
		}
	}
	return now;
}

/* Reads and measures one batch; returns how many packets came. */
static int serve(int fd, struct batch *b)
{
	unsigned echoes = 0;
	uint64_t now;
	int count, sent;

	batch_prepare(b);
	count = recvmmsg(fd, b->headers, BATCH, MSG_DONTWAIT, NULL);
	now = read_clock(CLOCK_MONOTONIC);
	for (int i = 0; i < count; i++) {
		const uint8_t *p = b->packets[i];
		size_t size = b->headers[i].msg_len;

		if (size < 12 || p[0] >> 6 != 2 || (p[1] >= 192 && p[1] <= 223))
			continue; /* not RTP, or RTCP on the same port (RFC 5761, 4) */
		receive(ntohs(b->from[i].sin_port), p, size, arrival(&b->headers[i].msg_hdr, now));
		b->vectors[i].iov_len = size;
		b->headers[i].msg_hdr.msg_control = NULL;
		b->headers[i].msg_hdr.msg_controllen = 0;
		b->headers[echoes++] = b->headers[i];
	}
	if (mode == ECHO_BACK && echoes > 0) {
		sent = sendmmsg(fd, b->headers, echoes, 0);
		window.sent += sent > 0 ? (uint64_t)sent : 0;
	}
	return count;
}

static int open_socket(uint16_t port)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), size = 16 << 20, on = 1;

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size)) < 0)
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	if (setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on)) < 0 ||
		setsockopt(fd, SOL_SOCKET, SO_RXQ_OVFL, &on, sizeof(on)) < 0 ||
		bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		perror("meter");
		return -1;
	}
	return fd;
}

/* The gap in ms below which a share of all gaps lies. */
static double gap_quantile(double share)
{
	uint64_t total = 0, seen = 0;
	size_t i;

	for (i = 0; i <= HISTOGRAM; i++)
		total += histogram[i];
	for (i = 0; i < HISTOGRAM; i++) {
		seen += histogram[i];
		if ((double)seen >= share * (double)total)
			break;
	}
	return (double)(i + 1) / 10;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void print_summary(uint64_t now)
{
	static double rates[65536];
	double seconds = (double)(now - window.start) / 1e9;
	size_t count = 0;

	for (size_t i = 0; i < active_count; i++) {
		const struct stream *s = &streams[active[i]];

		if (s->window_packets >= 25 && s->window_last > s->window_first)
			rates[count++] = (s->window_packets - 1) * 1e9 /
					 (double)(s->window_last - s->window_first);
	}
	qsort(rates, count, sizeof(rates[0]), by_value);
	printf("{\"window_s\":%.2f,\"streams\":%zu,\"rx\":%lu,\"tx\":%lu,\"lost\":%lu,"
	       "\"socket_drops\":%lu,\"pps_min\":%.2f,\"pps_p50\":%.2f,\"gap_p50_ms\":%.1f,"
	       "\"gap_p99_ms\":%.1f,\"gap_p999_ms\":%.1f,\"gap_max_ms\":%.2f,"
	       "\"gaps_over_25ms\":%lu,\"gaps_over_40ms\":%lu,\"late\":%lu}\n",
		seconds, count, window.packets, window.sent, window.lost, window.drops,
		count ? rates[0] : 0, count ? rates[count / 2] : 0, gap_quantile(0.5),
		gap_quantile(0.99), gap_quantile(0.999), (double)window.max_gap / 1e6,
		window.over25, window.over40, window.late);
	for (size_t i = 0; i < active_count; i++)
		write_record(active[i]);
}

static void run(int fd)
{
	static struct batch batch;
	bool talking = mode == KEYS || mode == TALK;
	struct timespec wait = {0, talking ? 500000 : 2000000};
	struct pollfd ready = {.fd = fd, .events = POLLIN};
	uint64_t now = read_clock(CLOCK_MONOTONIC), next_talk = now, next_look = now;

	start_window(now);
	while (!stopping) {
		now = read_clock(CLOCK_MONOTONIC);
		wall_offset = (int64_t)(read_clock(CLOCK_REALTIME) - now);
		if (begin_window) {
			begin_window = 0;
			start_window(now);
		}
		if (now >= next_look) {
			next_look = now + 10 * MSEC;
			for (size_t i = 0; i < calls_count; i++)
				read_calls(calls[i], now);
		}
		if (talking && now >= next_talk) {
			next_talk = now + MSEC;
			talk_to_all(fd, now);
		}
		if (serve(fd, &batch) <= 0)
			ppoll(&ready, 1, &wait, NULL);
	}
	print_summary(read_clock(CLOCK_MONOTONIC));
}

int main(int argc, char **argv)
{
	unsigned long port = 0;
	int option, fd;

	while ((option = getopt(argc, argv, "p:m:r:c:t:")) != -1) {
		if (option == 'p')
			port = strtoul(optarg, NULL, 10);
		else if (option == 'm')
			mode = strcmp(optarg, "echo") == 0   ? ECHO_BACK
			       : strcmp(optarg, "keys") == 0 ? KEYS
			       : strcmp(optarg, "talk") == 0 ? TALK
							     : SINK;
		else if (option == 't')
			talkers = strtoul(optarg, NULL, 10);
		else if (option == 'c')
			calls_count +=
				calls_count < 4 && (calls[calls_count] = fopen(optarg, "a+"));
		else if (option != 'r' || !(records = fopen(optarg, "w")))
			return 2;
	}
	if (port == 0 || port > 65535) {
		fprintf(stderr, "usage: meter -p PORT -m sink|echo|keys|talk [-r FILE] [-c FILE] "
				"[-t TALKERS]\n");
		return 2;
	}
	fd = open_socket((uint16_t)port);
	if (fd < 0)
		return 1;
	sigaction(SIGTERM, &(struct sigaction){.sa_handler = on_signal}, NULL);
	sigaction(SIGINT, &(struct sigaction){.sa_handler = on_signal}, NULL);
	sigaction(SIGUSR1, &(struct sigaction){.sa_handler = on_signal}, NULL);
	make_sound();
	run(fd);
	if (records)
		fclose(records);
	return 0;
}
