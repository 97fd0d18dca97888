/* delay.c - how long it takes until a sound comes back.
 *
 *   delay PORT
 *
 * Every stream that comes to the port gets one in return: mu-law, 20 ms, silence, and each second
 * one packet that is loud. What is measured is the time from sending that packet to the first loud
 * one that comes back. SIGUSR1 begins anew; at SIGTERM one line of JSON says what was found. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define FRAME	   160
#define STREAMS	   4096
#define STEP_US	   100	 /* of the histogram */
#define STEPS	   20000 /* to 2 s */
#define PERIOD	   50	 /* packets from one loud one to the next */
#define SILENCE	   0xff
#define LOUD	   0x80 /* full scale */
#define LOUD_LEVEL 0x30 /* codes below, without the sign, are loud */

struct stream {
	bool known;
	struct sockaddr_in peer;
	uint16_t sequence;
	uint32_t stamp;
	unsigned tick;	/* until it is loud */
	uint64_t pulse; /* us when it was; 0: nothing is waited for */
};

static struct stream streams[65536]; /* by the port of the peer */
static uint16_t ports[STREAMS];
static unsigned stream_count;
static uint32_t histogram[STEPS];
static uint64_t found, missed, received, worst;
static int fd;

static uint64_t now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

static bool is_loud(const uint8_t *payload, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if ((payload[i] & 0x7f) < LOUD_LEVEL)
			return true;
	}
	return false;
}

static void note(struct stream *s, uint64_t at)
{
	uint64_t delay = at - s->pulse;

	s->pulse = 0;
	found++;
	worst = delay > worst ? delay : worst;
	histogram[delay / STEP_US < STEPS ? delay / STEP_US : STEPS - 1]++;
}

static void meet(struct stream *s, const struct sockaddr_in *peer)
{
	if (stream_count == STREAMS)
		return;
	*s = (struct stream){.known = true, .peer = *peer};
	s->tick = 1 + stream_count % PERIOD; /* not all at the same time */
	ports[stream_count++] = peer->sin_port;
}

static void receive(void)
{
	uint8_t packet[2048];
	struct sockaddr_in peer;
	socklen_t size = sizeof(peer);
	ssize_t n;

	while ((n = recvfrom(fd, packet, sizeof(packet), MSG_DONTWAIT, (struct sockaddr *)&peer,
			&size)) >= 0) {
		struct stream *s = &streams[peer.sin_port];

		if (n <= 12 || (packet[1] & 0x7f) != 0)
			continue;
		received++;
		if (!s->known)
			meet(s, &peer);
		if (s->pulse && is_loud(packet + 12, (size_t)n - 12))
			note(s, now_us());
		size = sizeof(peer);
	}
}

static void send_one(struct stream *s)
{
	uint8_t packet[12 + FRAME] = {0x80};
	bool loud = --s->tick == 0;

	packet[2] = (uint8_t)(++s->sequence >> 8);
	packet[3] = (uint8_t)s->sequence;
	s->stamp += FRAME;
	for (int i = 0; i < 4; i++)
		packet[4 + i] = (uint8_t)(s->stamp >> (24 - 8 * i));
	memcpy(packet + 8, &s->peer.sin_port, 2);
	memset(packet + 12, loud ? LOUD : SILENCE, FRAME);
	if (loud) {
		missed += s->pulse != 0;
		s->pulse = now_us();
		s->tick = PERIOD;
	}
	sendto(fd, packet, sizeof(packet), MSG_DONTWAIT, (struct sockaddr *)&s->peer,
		sizeof(s->peer));
}

static double quantile(double share)
{
	uint64_t sum = 0, wanted = (uint64_t)(share * (double)found);

	for (unsigned i = 0; i < STEPS; i++) {
		sum += histogram[i];
		if (sum > wanted)
			return (i + 1) * STEP_US / 1000.0;
	}
	return 0;
}

static void report(void)
{
	printf("{\"streams\":%u,\"rx\":%lu,\"found\":%lu,\"missed\":%lu,\"p50_ms\":%.1f,"
	       "\"p95_ms\":%.1f,\"p99_ms\":%.1f,\"max_ms\":%.1f}\n",
		stream_count, received, found, missed, quantile(0.5), quantile(0.95),
		quantile(0.99), (double)worst / 1000);
}

/* True when it is time to end. */
static bool take_signal(int signals)
{
	struct signalfd_siginfo info;

	if (read(signals, &info, sizeof(info)) != sizeof(info))
		return false;
	if (info.ssi_signo != SIGUSR1)
		return true;
	memset(histogram, 0, sizeof(histogram));
	found = missed = received = worst = 0;
	return false;
}

static int open_socket(uint16_t port)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		.sin_port = htons(port)};
	const int bytes = 4 << 20;
	int s = socket(AF_INET, SOCK_DGRAM, 0);

	setsockopt(s, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
	return bind(s, (struct sockaddr *)&address, sizeof(address)) < 0 ? -1 : s;
}

int main(int argc, char **argv)
{
	const struct itimerspec pace = {{0, 20000000}, {0, 20000000}};
	int signals, timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
	struct pollfd fds[3];
	sigset_t wanted;
	uint64_t turns;

	sigemptyset(&wanted);
	sigaddset(&wanted, SIGUSR1);
	sigaddset(&wanted, SIGTERM);
	sigprocmask(SIG_BLOCK, &wanted, NULL);
	signals = signalfd(-1, &wanted, SFD_NONBLOCK);
	fd = open_socket((uint16_t)(argc > 1 ? strtoul(argv[1], NULL, 10) : 0));
	if (fd < 0 || timerfd_settime(timer, 0, &pace, NULL) < 0) {
		fprintf(stderr, "delay: cannot bind port %s: %s\n", argc > 1 ? argv[1] : "?",
			strerror(errno));
		return 1;
	}
	fds[0] = (struct pollfd){.fd = fd, .events = POLLIN};
	fds[1] = (struct pollfd){.fd = timer, .events = POLLIN};
	fds[2] = (struct pollfd){.fd = signals, .events = POLLIN};
	while (poll(fds, 3, -1) >= 0) {
		if (fds[0].revents)
			receive();
		while (fds[1].revents && read(timer, &turns, sizeof(turns)) == sizeof(turns)) {
			for (; turns; turns--)
				for (unsigned i = 0; i < stream_count; i++)
					send_one(&streams[ports[i]]);
		}
		if (fds[2].revents && take_signal(signals))
			break;
	}
	report();
	return 0;
}
