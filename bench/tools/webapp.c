/* webapp.c - the web application of the load tests.
 *
 *   webapp PORT [FILE]
 *
 * The scripts are in a table: a sound of a second, one of ten minutes, one until a key is pressed,
 * recordings, a bridged call, conferences. /one.wav and /long.wav are what they play (mu-law,
 * 440 Hz), /event takes events. When it is
 * ended, a line is written to FILE for each script that was handed out: the caller (`from`) and
 * when the answer was given, in microseconds on CLOCK_MONOTONIC. */
#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <math.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define RATE	    8000
#define ANSWERS_MAX 1000000

struct answer {
	char from[24];
	uint64_t at;
};

static struct answer *answers;
static size_t answer_count;
static unsigned long port;
static struct {
	uint8_t *data;
	size_t size;
} one_wav, long_wav;

static uint64_t now_usec(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

/* ITU-T G.711 mu-law of a 16-bit sample. */
static uint8_t mulaw(int sample)
{
	int sign = sample < 0 ? 0x80 : 0, exponent = 7;

	sample = (sample < 0 ? -sample : sample) + 132;
	if (sample > 32767)
		sample = 32767;
	while (exponent > 0 && !(sample & (0x80 << exponent)))
		exponent--;
	return (uint8_t) ~(sign | exponent << 4 | (sample >> (exponent + 3) & 0x0f));
}

static void put_le(uint8_t *p, uint32_t value, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		p[i] = (uint8_t)(value >> (8 * i));
}

/* A WAV of that many seconds, format 7 (mu-law), of which 20 ms hold whole periods or nearly. */
static uint8_t *make_wav(size_t seconds, size_t *ret_size)
{
	size_t samples = seconds * RATE;
	uint8_t *wav = calloc(1, 46 + samples);

	if (!wav)
		abort();
	memcpy(wav, "RIFF....WAVEfmt ", 16);
	put_le(wav + 4, (uint32_t)(38 + samples), 4);
	put_le(wav + 16, 18, 4);
	put_le(wav + 20, 7, 2);
	put_le(wav + 22, 1, 2);
	put_le(wav + 24, RATE, 4);
	put_le(wav + 28, RATE, 4);
	put_le(wav + 32, 1, 2);
	put_le(wav + 34, 8, 2);
	memcpy(wav + 38, "data", 4);
	put_le(wav + 42, (uint32_t)samples, 4);
	for (size_t i = 0; i < samples; i++)
		wav[46 + i] = mulaw((int)(8000 * sin(2 * M_PI * 440 * (double)i / RATE)));
	*ret_size = 46 + samples;
	return wav;
}

static void send_data(
	struct evhttp_request *request, const char *type, const void *data, size_t size)
{
	struct evbuffer *body = evbuffer_new();

	evhttp_add_header(evhttp_request_get_output_headers(request), "Content-Type", type);
	evbuffer_add_reference(body, data, size, NULL, NULL);
	evhttp_send_reply(request, 200, "OK", body);
	evbuffer_free(body);
}

static void note_answer(struct evhttp_request *request)
{
	const char *query = evhttp_uri_get_query(evhttp_request_get_evhttp_uri(request)), *from;
	struct evkeyvalq pairs;
	struct answer *answer;

	if (!query || answer_count == ANSWERS_MAX || evhttp_parse_query_str(query, &pairs) < 0)
		return;
	from = evhttp_find_header(&pairs, "from");
	if (from) {
		answer = &answers[answer_count++];
		snprintf(answer->from, sizeof(answer->from), "%s", from);
		answer->at = now_usec();
	}
	evhttp_clear_headers(&pairs);
}

/* Of a script %1$lu is our own port. */
static const struct {
	const char *path, *script;
} scripts[] = {
	{"/ncco", "[{\"action\":\"stream\",\"streamUrl\":[\"http://127.0.0.1:%1$lu/one.wav\"]}]"},
	{"/long", "[{\"action\":\"stream\",\"streamUrl\":[\"http://127.0.0.1:%1$lu/long.wav\"]}]"},
	{"/keys", "[{\"action\":\"stream\",\"bargeIn\":true,"
		  "\"streamUrl\":[\"http://127.0.0.1:%1$lu/long.wav\"]},"
		  "{\"action\":\"input\",\"type\":[\"dtmf\"],\"dtmf\":{\"maxDigits\":1},"
		  "\"eventUrl\":[\"http://127.0.0.1:%1$lu/event\"]}]"},
	{"/wav", "[{\"action\":\"record\",\"format\":\"wav\"},"
		 "{\"action\":\"stream\",\"streamUrl\":[\"http://127.0.0.1:%1$lu/long.wav\"]}]"},
	{"/mp3", "[{\"action\":\"record\",\"format\":\"mp3\"},"
		 "{\"action\":\"stream\",\"streamUrl\":[\"http://127.0.0.1:%1$lu/long.wav\"]}]"},
	{"/bridge", "[{\"action\":\"connect\",\"endpoint\":[{\"type\":\"sip\","
		    "\"uri\":\"sip:callee@127.0.0.1:15070\"}]}]"},
	{"/websocket", "[{\"action\":\"connect\",\"endpoint\":[{\"type\":\"websocket\","
		       "\"content-type\":\"audio/l16;rate=16000\","
		       "\"uri\":\"ws://127.0.0.1:18081/\"}]}]"},
	{"/room", "[{\"action\":\"conversation\",\"name\":\"bench\"}]"},
	{"/rooms", "[{\"action\":\"conversation\",\"name\":\"bench-${int(from) %% 30}\"}]"},
};

static void send_script(struct evhttp_request *request, const char *script)
{
	struct evbuffer *body = evbuffer_new();

	evhttp_add_header(
		evhttp_request_get_output_headers(request), "Content-Type", "application/json");
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	evbuffer_add_printf(body, script, port);
#pragma GCC diagnostic pop
	note_answer(request);
	evhttp_send_reply(request, 200, "OK", body);
	evbuffer_free(body);
}

static void on_request(struct evhttp_request *request, void *arg)
{
	const char *path = evhttp_uri_get_path(evhttp_request_get_evhttp_uri(request));

	(void)arg;
	for (size_t i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++) {
		if (strcmp(path, scripts[i].path) == 0) {
			send_script(request, scripts[i].script);
			return;
		}
	}
	if (strcmp(path, "/one.wav") == 0)
		send_data(request, "audio/wav", one_wav.data, one_wav.size);
	else if (strcmp(path, "/long.wav") == 0)
		send_data(request, "audio/wav", long_wav.data, long_wav.size);
	else if (strcmp(path, "/event") == 0)
		evhttp_send_reply(request, 204, "No Content", NULL);
	else
		evhttp_send_error(request, 404, NULL);
}

static void on_end(evutil_socket_t number, short what, void *arg)
{
	(void)number;
	(void)what;
	event_base_loopbreak(arg);
}

static void write_answers(const char *path)
{
	FILE *file = fopen(path, "w");

	if (!file)
		return;
	for (size_t i = 0; i < answer_count; i++)
		fprintf(file, "%s,%lu\n", answers[i].from, answers[i].at);
	fclose(file);
}

int main(int argc, char **argv)
{
	struct event_base *base = event_base_new();
	struct evhttp *http = evhttp_new(base);
	struct event *term = evsignal_new(base, SIGTERM, on_end, base);

	port = argc > 1 ? strtoul(argv[1], NULL, 10) : 0;
	answers = calloc(ANSWERS_MAX, sizeof(*answers));
	one_wav.data = make_wav(1, &one_wav.size);
	long_wav.data = make_wav(600, &long_wav.size);
	evhttp_set_timeout(http, 120);
	evhttp_set_gencb(http, on_request, NULL);
	if (!answers || evhttp_bind_socket(http, "127.0.0.1", (uint16_t)port) < 0) {
		fprintf(stderr, "webapp: cannot listen on port %lu\n", port);
		return 1;
	}
	event_add(term, NULL);
	event_base_dispatch(base);
	if (argc > 2)
		write_answers(argv[2]);
	event_free(term);
	evhttp_free(http);
	event_base_free(base);
	free(one_wav.data);
	free(long_wav.data);
	free(answers);
	return 0;
}
