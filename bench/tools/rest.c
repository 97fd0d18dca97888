/* rest.c - how many requests nccod answers over connections that stay.
 *
 *   bench/bin/rest [-c CONNECTIONS] [-s SECONDS] [-k KEY] [-p PID] PORT PATH
 *
 * Each connection to 127.0.0.1 asks for PATH, and again when the answer is there. Prints a JSON
 * object: requests in a second, milliseconds from request to answer, statuses, and with -p the
 * requests in a second of that process's processor time, which is what one core could do. */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MAX_CONNECTIONS 1024
#define MAX_ANSWER	65536
#define MAX_TIMES	2000000

struct connection {
	int fd;
	double asked;
	size_t length;
	char answer[MAX_ANSWER];
};

static struct connection connections[MAX_CONNECTIONS];
static double times[MAX_TIMES];
static char request[2048];
static unsigned long answers, good, times_count;

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void ask(struct connection *c)
{
	size_t length = strlen(request);

	c->asked = now();
	c->length = 0;
	if (send(c->fd, request, length, MSG_NOSIGNAL) != (ssize_t)length) {
		perror("rest: send");
		exit(1);
	}
}

static void dial(struct connection *c, unsigned port)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

	c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&to, sizeof(to)) < 0) {
		perror("rest: connect");
		exit(1);
	}
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
}

/* Whether the answer is all there. */
static bool complete(const struct connection *c)
{
	const char *end = strstr(c->answer, "\r\n\r\n");
	const char *length = strstr(c->answer, "Content-Length: ");

	if (!end)
		return false;
	if (!length || length > end)
		return true;
	return c->length >= (size_t)(end + 4 - c->answer) + strtoul(length + 16, NULL, 10);
}

static void hear(struct connection *c)
{
	ssize_t n = recv(c->fd, c->answer + c->length, MAX_ANSWER - 1 - c->length, 0);

	if (n <= 0) {
		fprintf(stderr, "rest: the connection was closed\n");
		exit(1);
	}
	c->length += (size_t)n;
	c->answer[c->length] = '\0';
	if (!complete(c))
		return;
	answers++;
	good += c->answer[9] == '2';
	if (times_count < MAX_TIMES)
		times[times_count++] = now() - c->asked;
	ask(c);
}

/* Processor time of a process, in seconds. */
static double cpu_of(const char *pid)
{
	char path[64], text[1024], *at;
	unsigned long user, system;
	FILE *file;
	size_t n;

	snprintf(path, sizeof(path), "/proc/%s/stat", pid);
	file = fopen(path, "r");
	if (!file)
		return 0;
	n = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[n] = '\0';
	at = strrchr(text, ')');
	if (!at || sscanf(at + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user,
			   &system) != 2)
		return 0;
	return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static void run(unsigned count, double seconds)
{
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	struct epoll_event events[64];
	double end = now() + seconds;

	for (unsigned i = 0; i < count; i++) {
		struct epoll_event event = {.events = EPOLLIN, .data.ptr = &connections[i]};

		epoll_ctl(epoll, EPOLL_CTL_ADD, connections[i].fd, &event);
		ask(&connections[i]);
	}
	while (now() < end) {
		int n = epoll_wait(epoll, events, 64, 100);

		for (int i = 0; i < n; i++)
			hear(events[i].data.ptr);
	}
	close(epoll);
}

int main(int argc, char **argv)
{
	const char *key = NULL, *pid = NULL;
	unsigned count = 32;
	double seconds = 5, began, cpu;
	int option;

	while ((option = getopt(argc, argv, "c:s:k:p:")) != -1) {
		if (option == 'c')
			count = (unsigned)strtoul(optarg, NULL, 10);
		else if (option == 's')
			seconds = strtod(optarg, NULL);
		else if (option == 'k')
			key = optarg;
		else if (option == 'p')
			pid = optarg;
		else
			return 2;
	}
	if (optind + 2 != argc || count == 0 || count > MAX_CONNECTIONS)
		return 2;
	snprintf(request, sizeof(request), "GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\n%s%s%s\r\n",
		argv[optind + 1], key ? "Authorization: Bearer " : "", key ? key : "",
		key ? "\r\n" : "");
	for (unsigned i = 0; i < count; i++)
		dial(&connections[i], (unsigned)strtoul(argv[optind], NULL, 10));
	cpu = pid ? cpu_of(pid) : 0;
	began = now();
	run(count, seconds);
	seconds = now() - began;
	cpu = pid ? cpu_of(pid) - cpu : 0;
	qsort(times, times_count, sizeof(times[0]), by_size);
	printf("{\"requests\": %lu, \"good\": %lu, \"per_second\": %.0f, \"per_cpu_second\": %.0f, "
	       "\"p50_ms\": %.3f, \"p99_ms\": %.3f, \"max_ms\": %.3f}\n",
		answers, good, (double)answers / seconds, cpu > 0 ? (double)answers / cpu : 0,
		times_count ? times[times_count / 2] * 1e3 : 0,
		times_count ? times[times_count * 99 / 100] * 1e3 : 0,
		times_count ? times[times_count - 1] * 1e3 : 0);
	return 0;
}
