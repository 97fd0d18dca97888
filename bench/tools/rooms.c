/* rooms.c - what rooms of the media engine cost, without SIP around them.
 *
 *   rooms ROOMS MEMBERS SECONDS PORT
 *
 * Every member is a leg whose other side is 127.0.0.1:PORT, a meter in mode talk. Rooms of two are
 * calls whose packets are passed on, of more are mixed; a room of one is a leg by itself. After two
 * seconds the processor time of all threads is measured, as the floor does. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "loop/loop.h"
#include "media/engine.h"
#include "media/g711.h"
#include "media/room.h"

#define SETTLE_S 2

static const struct media_leg_handler handler = {0};

struct bench {
	unsigned rooms, members;
	double seconds;
	struct media_params params;
	struct media_engine *engine;
	struct media_room **room;
	struct media_leg **leg;
};

static double read_clock(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static long pss_kib(void)
{
	FILE *file = fopen("/proc/self/smaps_rollup", "r");
	char line[256];
	long kib = 0;

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "Pss: %ld", &kib) == 1)
			break;
	if (file)
		fclose(file);
	return kib;
}

static int open_rooms(struct bench *b)
{
	int error;

	for (unsigned i = 0; i < b->rooms * b->members; i++) {
		if (i % b->members == 0)
			b->room[i / b->members] = media_room_new(b->engine, NULL, NULL);
		b->leg[i] = media_leg_new(b->engine, AF_INET, &handler, NULL, &error);
		if (!b->leg[i]) {
			fprintf(stderr, "rooms: no leg: %s\n", strerror(-error));
			return -1;
		}
		media_room_join(b->room[i / b->members], b->leg[i]);
		media_leg_start(b->leg[i], &b->params);
	}
	return 0;
}

static void close_rooms(struct bench *b)
{
	for (unsigned i = 0; i < b->rooms * b->members; i++)
		media_leg_free(b->leg[i]);
	for (unsigned i = 0; i < b->rooms; i++)
		media_room_free(b->room[i]);
	free(b->room);
	free(b->leg);
}

static void run_for(struct loop *loop, double seconds)
{
	struct timeval until = {(time_t)seconds, (suseconds_t)((seconds - (time_t)seconds) * 1e6)};

	event_base_loopexit(loop_base(loop), &until);
	event_base_loop(loop_base(loop), EVLOOP_NO_EXIT_ON_EMPTY);
}

static uint64_t packets_sent(const struct bench *b)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < b->rooms * b->members; i++) {
		struct media_stats stats;

		media_leg_stats(b->leg[i], &stats);
		sum += stats.tx_packets;
	}
	return sum;
}

static void measure(struct bench *b, struct loop *loop, long before_kib)
{
	unsigned legs = b->rooms * b->members;
	double start, cpu;
	uint64_t sent;

	run_for(loop, SETTLE_S);
	sent = packets_sent(b);
	start = read_clock(CLOCK_MONOTONIC);
	cpu = read_clock(CLOCK_PROCESS_CPUTIME_ID);
	run_for(loop, b->seconds);
	cpu = read_clock(CLOCK_PROCESS_CPUTIME_ID) - cpu;
	b->seconds = read_clock(CLOCK_MONOTONIC) - start;
	printf("{\"rooms\":%u,\"members\":%u,\"wall_s\":%.2f,\"pps\":%.2f,\"cpu_s\":%.3f,"
	       "\"cpu_ms_per_member_s\":%.4f,\"cpu_ms_per_room_s\":%.4f,\"kib_per_member\":%.1f}\n",
		b->rooms, b->members, b->seconds,
		(double)(packets_sent(b) - sent) / b->seconds / legs, cpu,
		1000 * cpu / b->seconds / legs, 1000 * cpu / b->seconds / b->rooms,
		(double)(pss_kib() - before_kib) / legs);
}

int main(int argc, char **argv)
{
	static const struct media_config config = {
		.threads = 1, .port_min = 20000, .port_max = 42000, .addr4 = "127.0.0.1"};
	struct bench b = {.params = {.codec = &codec_pcmu,
				  .dtmf_payload_type_rx = 101,
				  .dtmf_payload_type_tx = 101,
				  .ptime_ms = 20,
				  .send = true,
				  .receive = true}};
	struct sockaddr_in *to = (struct sockaddr_in *)&b.params.rtp;
	struct loop *loop = loop_new();
	long before_kib;
	int status = 1;

	b.rooms = argc == 5 ? (unsigned)strtoul(argv[1], NULL, 10) : 0;
	b.members = argc == 5 ? (unsigned)strtoul(argv[2], NULL, 10) : 0;
	b.seconds = argc == 5 ? strtod(argv[3], NULL) : 0;
	if (b.rooms == 0 || b.members == 0 || b.seconds <= 0) {
		fprintf(stderr, "usage: rooms ROOMS MEMBERS SECONDS PORT\n");
		return 2;
	}
	*to = (struct sockaddr_in){.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		.sin_port = htons((uint16_t)strtoul(argv[4], NULL, 10))};
	b.room = calloc(b.rooms, sizeof(*b.room));
	b.leg = calloc((size_t)b.rooms * b.members, sizeof(*b.leg));
	b.engine = media_engine_new(loop, &config);
	before_kib = pss_kib();
	if (open_rooms(&b) == 0) {
		measure(&b, loop, before_kib);
		status = 0;
	}
	close_rooms(&b);
	media_engine_free(b.engine);
	loop_free(loop);
	return status;
}
