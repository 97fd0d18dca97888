/* floor.c - what the kernel alone costs: the packets of N playing calls and nothing else.
 *
 *   floor CALLS SECONDS PORT
 *
 * One thread; a connected UDP socket for each call; every 5 ms a quarter of the calls sends 172
 * bytes to 127.0.0.1:PORT (a meter in echo mode) and every packet that comes back is read. No
 * SIP, no codec, no RTCP: the bound below which no server on sockets can come. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define TICK_NSEC 5000000
#define PHASES	  4 /* ticks in a packet time of 20 ms */
#define TIMER	  UINT32_MAX

struct call {
	int fd;
	uint8_t packet[172];
	uint16_t sequence;
};

static struct call *calls;
static uint32_t call_count;
static uint64_t sent, received, wakes;

static double read_clock(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static int open_call(struct call *call, uint32_t number, uint16_t port, int epoll)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
	struct epoll_event event = {.events = EPOLLIN, .data.u32 = number};

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	call->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (call->fd < 0 || connect(call->fd, (struct sockaddr *)&to, sizeof(to)) < 0)
		return -1;
	call->packet[0] = 0x80;
	memcpy(call->packet + 8, &number, sizeof(number));
	return epoll_ctl(epoll, EPOLL_CTL_ADD, call->fd, &event);
}

static void send_packet(struct call *call)
{
	uint32_t timestamp = htonl(call->sequence * 160u);
	uint16_t sequence = htons(call->sequence++);

	memcpy(call->packet + 2, &sequence, sizeof(sequence));
	memcpy(call->packet + 4, &timestamp, sizeof(timestamp));
	sent += send(call->fd, call->packet, sizeof(call->packet), 0) > 0;
}

static void tick(int timer)
{
	static uint64_t phase;
	uint64_t expirations = 0;

	if (read(timer, &expirations, sizeof(expirations)) < 0)
		return;
	for (; expirations > 0; expirations--, phase++) {
		uint32_t first = (uint32_t)((uint64_t)call_count * (phase % PHASES) / PHASES);
		uint32_t end = (uint32_t)((uint64_t)call_count * (phase % PHASES + 1) / PHASES);

		for (uint32_t i = first; i < end; i++)
			send_packet(&calls[i]);
	}
}

static void serve(int epoll, int timer)
{
	struct epoll_event events[256];
	uint8_t packet[2048];
	int count = epoll_wait(epoll, events, 256, -1);

	wakes++;
	for (int i = 0; i < count; i++) {
		if (events[i].data.u32 == TIMER)
			tick(timer);
		else
			received +=
				recv(calls[events[i].data.u32].fd, packet, sizeof(packet), 0) > 0;
	}
}

static int start_timer(int epoll)
{
	int timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	struct itimerspec every = {{0, TICK_NSEC}, {0, TICK_NSEC}};
	struct epoll_event event = {.events = EPOLLIN, .data.u32 = TIMER};

	if (timer < 0 || timerfd_settime(timer, 0, &every, NULL) < 0 ||
		epoll_ctl(epoll, EPOLL_CTL_ADD, timer, &event) < 0)
		return -1;
	return timer;
}

int main(int argc, char **argv)
{
	double seconds = argc == 4 ? strtod(argv[2], NULL) : 0, start, cpu;
	int epoll = epoll_create1(EPOLL_CLOEXEC), timer;

	call_count = argc == 4 ? (uint32_t)strtoul(argv[1], NULL, 10) : 0;
	if (call_count == 0 || seconds <= 0) {
		fprintf(stderr, "usage: floor CALLS SECONDS PORT\n");
		return 2;
	}
	calls = calloc(call_count, sizeof(*calls));
	timer = start_timer(epoll);
	for (uint32_t i = 0; i < call_count && calls; i++) {
		if (open_call(&calls[i], i, (uint16_t)strtoul(argv[3], NULL, 10), epoll) < 0) {
			perror("floor");
			return 1;
		}
	}
	for (start = read_clock(CLOCK_MONOTONIC); read_clock(CLOCK_MONOTONIC) - start < 1;)
		serve(epoll, timer);
	sent = received = wakes = 0;
	start = read_clock(CLOCK_MONOTONIC);
	cpu = read_clock(CLOCK_PROCESS_CPUTIME_ID);
	while (read_clock(CLOCK_MONOTONIC) - start < seconds)
		serve(epoll, timer);
	cpu = read_clock(CLOCK_PROCESS_CPUTIME_ID) - cpu;
	seconds = read_clock(CLOCK_MONOTONIC) - start;
	printf("{\"calls\":%u,\"wall_s\":%.2f,\"sent\":%lu,\"received\":%lu,\"wakes\":%lu,"
	       "\"cpu_s\":%.3f,\"cpu_ms_per_call_s\":%.4f,\"us_per_packet\":%.2f}\n",
		call_count, seconds, sent, received, wakes, cpu, 1000 * cpu / seconds / call_count,
		1e6 * cpu / (double)(sent + received + 1));
	return 0;
}
