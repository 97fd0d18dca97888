/* What recordings cost beside the calls: the media thread's copying, the decoding, the file. A
 * program for `make bench`: record_bench [CALLS [SECONDS]] prints a JSON line for each kind. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "media/g711.h"
#include "media/recorder.h"

#define PACKET	   160 /* samples of 20 ms */
#define PER_SECOND 50
#define SOUND	   (8 * 8000) /* samples that come again and again */

struct call {
	struct media_tape *tape;
	struct recorder *recorder;
	uint32_t timestamp;
	uint64_t time; /* us */
	char path[128];
};

static uint8_t sound[SOUND];

static uint64_t cpu_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

/* Something like a voice: a pulse through a resonance, with pauses, and noise under it. */
static void make_sound(void)
{
	double y1 = 0, y2 = 0;
	uint32_t seed = 1;

	for (int i = 0; i < SOUND; i++) {
		double pulse = i % 71 == 0 && i / 4000 % 4 ? 3000 : 0;
		double y = pulse + 1.75 * cos(2 * M_PI * 600 / 8000) * y1 - 0.85 * y2;

		y2 = y1;
		y1 = y;
		seed = seed * 1664525 + 1013904223;
		sound[i] = ulaw_encode((int16_t)(y + (int)(seed >> 26) - 32));
	}
}

static void start(struct call *call, const char *folder, unsigned number, const char *format,
	unsigned channels)
{
	struct recorder_config config = {
		.path = call->path, .format = sound_format_find(format), .channels = channels};

	snprintf(call->path, sizeof(call->path), "%s/%u.%s", folder, number, format);
	call->tape = media_tape_new();
	call->recorder = recorder_new(&config, call->tape);
	call->timestamp = number * 1000;
}

static void second(struct call *call)
{
	for (int i = 0; i < PER_SECOND; i++) {
		const uint8_t *heard = sound + call->timestamp % (SOUND - PACKET);
		const uint8_t *sent = sound + (call->timestamp + SOUND / 2) % (SOUND - PACKET);
		struct rtp_packet packet = {.ssrc = 1,
			.timestamp = call->timestamp,
			.payload = heard,
			.length = PACKET};

		tape_heard(call->tape, &codec_pcmu, &packet, call->time);
		tape_sent(call->tape, &codec_pcmu, sent, PACKET);
		call->time += 20000;
		tape_step(call->tape, 20, call->time);
		call->timestamp += PACKET;
	}
}

static void finish(struct call *call)
{
	recorder_drain(call->recorder, true);
	recorder_free(call->recorder);
	media_tape_free(call->tape);
	unlink(call->path);
}

static void measure(
	const char *folder, const char *format, unsigned channels, unsigned count, unsigned seconds)
{
	struct call *calls = xcalloc(count, sizeof(*calls));
	uint64_t media = 0, files = 0, begun;

	for (unsigned i = 0; i < count; i++)
		start(&calls[i], folder, i, format, channels);
	for (unsigned s = 0; s < seconds; s++) {
		begun = cpu_us();
		for (unsigned i = 0; i < count; i++)
			second(&calls[i]);
		media += cpu_us() - begun;
		begun = cpu_us();
		for (unsigned i = 0; i < count; i++)
			recorder_drain(calls[i].recorder, false);
		files += cpu_us() - begun;
	}
	for (unsigned i = 0; i < count; i++)
		finish(&calls[i]);
	printf("{\"format\": \"%s\", \"channels\": %u, \"calls\": %u, \"media_ms_per_call_s\": "
	       "%.4f, "
	       "\"file_ms_per_call_s\": %.4f}\n",
		format, channels, count, (double)media / 1000 / count / seconds,
		(double)files / 1000 / count / seconds);
	free(calls);
}

int main(int argc, char **argv)
{
	unsigned count = argc > 1 ? (unsigned)atoi(argv[1]) : 200;
	unsigned seconds = argc > 2 ? (unsigned)atoi(argv[2]) : 20;
	char folder[] = "/tmp/record_bench.XXXXXX";

	if (!mkdtemp(folder) || count == 0 || seconds == 0)
		return 1;
	make_sound();
	for (unsigned channels = 1; channels <= 2; channels++) {
		measure(folder, "wav", channels, count, seconds);
		measure(folder, "mp3", channels, count, seconds);
	}
	return rmdir(folder) != 0;
}
