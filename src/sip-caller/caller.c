#include "sip-caller/caller.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/strbuf.h"

#define REGISTER_S   3600
#define DIGIT_MS     160
#define DIGIT_GAP_MS 100
#define GIVE_UP_US   (1 * USEC_PER_SEC) /* for the answer to our BYE or CANCEL */

/* --- telling people and scripts --- */

/* One line for people, or one JSON object with --json. fields is taken. */
static void tell(struct caller *c, const char *event, struct json_object *fields,
	const char *format, ...) __attribute__((format(printf, 4, 5)));

static void tell(
	struct caller *c, const char *event, struct json_object *fields, const char *format, ...)
{
	char iso[CLOCK_ISO_SIZE];
	va_list args;

	if (c->options.json) {
		fields = fields ? fields : json_object_new_object();
		json_add_text(fields, "event", event);
		json_add_text(fields, "timestamp", clock_iso(clock_wall(), iso));
		puts(json_print(fields));
	} else {
		va_start(args, format);
		vprintf(format, args);
		va_end(args);
		putchar('\n');
	}
	fflush(stdout);
	json_object_put(fields);
}

static struct json_object *field_text(const char *key, const char *value)
{
	struct json_object *fields = json_object_new_object();

	json_add_text(fields, key, value);
	return fields;
}

static struct json_object *field_int(const char *key, int64_t value)
{
	struct json_object *fields = json_object_new_object();

	json_add_int(fields, key, value);
	return fields;
}

static double seconds_since(uint64_t then)
{
	return (double)(clock_mono() - then) / USEC_PER_SEC;
}

/* --- the end --- */

static void on_finish(void *arg)
{
	struct caller *c = arg;

	loop_stop(c->loop);
}

static void finish(struct caller *c, int status)
{
	c->status = status;
	timer_stop(&c->no_answer);
	timer_stop(&c->duration);
	timer_stop(&c->give_up);
	timer_start(&c->finish, 0);
}

static void on_give_up(void *arg)
{
	finish(arg, ((struct caller *)arg)->status);
}

/* Hangs up and ends with this status, even if the other side says nothing any more. */
static void hang_up(struct caller *c, int status)
{
	if (!c->leg || c->leg_ended) {
		finish(c, status);
		return;
	}
	c->stopping = true;
	c->status = status;
	leg_hangup(c->leg, NULL, NULL);
	timer_start(&c->give_up, GIVE_UP_US);
}

static void on_no_answer(void *arg)
{
	struct caller *c = arg;

	tell(c, "no_answer", NULL, "no answer within %.1f s", c->options.timeout);
	fprintf(stderr, "sip-caller: no answer within %.1f s\n", c->options.timeout);
	hang_up(c, EXIT_NO_ANSWER);
}

static void on_duration(void *arg)
{
	hang_up(arg, EXIT_WORKED);
}

static void on_signal(evutil_socket_t sig, short what, void *arg)
{
	struct caller *c = arg;

	(void)sig;
	(void)what;
	if (c->stopping)
		finish(c, c->status);
	else
		hang_up(c, c->answered || c->registered ? EXIT_WORKED : EXIT_CALL_FAILED);
}

/* --- the call --- */

static void report_heard(struct caller *c)
{
	struct recorder_report report;
	struct json_object *fields;

	if (!c->recorder)
		return;
	recorder_report(c->recorder, &report);
	fields = json_object_new_object();
	json_object_object_add(fields, "seconds", json_object_new_double(report.heard_s));
	json_object_object_add(fields, "sound_seconds", json_object_new_double(report.sound_s));
	json_add_text(fields, "file", c->options.record);
	tell(c, "heard", fields, "heard %.1f s, %.1f s of it sound%s%s", report.heard_s,
		report.sound_s, c->options.record ? ", recorded in " : "",
		c->options.record ? c->options.record : "");
}

static void on_ringing(void *arg, int status)
{
	struct caller *c = arg;

	tell(c, "ringing", field_int("status", status), "ringing (%d)", status);
}

static void send_digits(struct caller *c)
{
	struct strbuf digits = STRBUF_INIT;

	if (!c->options.dtmf)
		return;
	for (const char *p = c->options.dtmf; *p; p++)
		strbuf_addc(&digits, *p == 'w' || *p == 'W' ? 'p' : *p);
	if (leg_send_digits(c->leg, digits.data, DIGIT_MS, DIGIT_GAP_MS) < 0)
		tell(c, "error", field_text("reason", "digits"), "the digits cannot be sent");
	strbuf_release(&digits);
}

static void on_answered(void *arg)
{
	struct caller *c = arg;
	const struct codec *codec = leg_codec(c->leg);

	timer_stop(&c->no_answer);
	c->answered = clock_mono();
	tell(c, "answered", field_text("codec", codec->name), "answered after %.2f s, %s",
		seconds_since(c->started), codec->name);
	for (size_t i = 0; c->options.play && codec_table[i]; i++) {
		if (codec_table[i] == codec)
			leg_play(c->leg, c->prompts[i], 1);
	}
	send_digits(c);
	if (c->options.duration > 0)
		timer_start(&c->duration, (uint64_t)(c->options.duration * USEC_PER_SEC));
}

static void on_digit(void *arg, char digit)
{
	struct caller *c = arg;
	char text[2] = {digit, '\0'};

	if (c->heard_count < MAX_HEARD_DIGITS)
		c->heard[c->heard_count++] = digit;
	tell(c, "digit", field_text("digit", text), "digit %c", digit);
}

static void on_play_end(void *arg, uint32_t play, enum media_play_end end, uint32_t played_ms)
{
	struct caller *c = arg;

	(void)play;
	if (end == MEDIA_PLAY_FAILED)
		tell(c, "error", field_text("reason", "play"), "%s broke off", c->options.play);
	else
		tell(c, "played", field_int("ms", played_ms), "played %.1f s", played_ms / 1000.0);
}

static int final_status(struct caller *c, const struct leg_end *end)
{
	if (c->stopping)
		return c->status;
	if (!end->answered)
		return end->status == 408 || end->status == 0 ? EXIT_NO_ANSWER : EXIT_CALL_FAILED;
	return EXIT_WORKED;
}

static void on_ended(void *arg, const struct leg_end *end)
{
	struct caller *c = arg;
	int status = final_status(c, end);
	struct json_object *fields = field_int("status", end->status);

	c->leg_ended = true;
	report_heard(c);
	json_add_text(fields, "by", end->by_peer ? "peer" : "us");
	json_add_int(fields, "packets_sent", (int64_t)end->media.tx_packets);
	json_add_int(fields, "packets_received", (int64_t)end->media.rx_packets);
	json_add_int(fields, "packets_lost", end->media.rx_lost);
	tell(c, "ended", fields, "ended by %s: %d %s", end->by_peer ? "the other side" : "us",
		end->status, end->reason);
	if (!end->answered && status != EXIT_WORKED)
		fprintf(stderr, "sip-caller: %d %s\n", end->status, end->reason);
	if (c->options.expect_dtmf && status == EXIT_WORKED &&
		strcmp(c->options.expect_dtmf, c->heard) != 0) {
		fprintf(stderr, "sip-caller: heard the digits \"%s\", not \"%s\"\n", c->heard,
			c->options.expect_dtmf);
		status = EXIT_CALL_FAILED;
	}
	finish(c, status);
}

static const struct leg_handler leg_handler = {
	.on_ringing = on_ringing,
	.on_answered = on_answered,
	.on_digit = on_digit,
	.on_play_end = on_play_end,
	.on_ended = on_ended,
};

/* Starts to listen; -1 when the file cannot be written. */
static int start_recorder(struct caller *c)
{
	char *error = NULL;

	c->recorder = recorder_new(
		c->loop, leg_media(c->leg), c->options.record, codec_table[0]->sample_rate, &error);
	if (c->recorder)
		return 0;
	fprintf(stderr, "sip-caller: %s\n", error);
	free(error);
	return -1;
}

static void dial(struct caller *c)
{
	const struct options *o = &c->options;
	char *from = xasprintf("sip:%s@%s", o->user, o->domain), *error = NULL;
	struct sip_dial sip = {
		.to_uri = o->target,
		.from_uri = from,
		.auth_user = o->user,
		.password = o->password,
		.server = o->server,
	};
	int family = strchr(o->server_host, ':') ? AF_INET6 : AF_INET;

	tell(c, "calling", field_text("target", o->target), "calling %s", o->target);
	c->started = clock_mono();
	timer_start(&c->no_answer, (uint64_t)(o->timeout * USEC_PER_SEC));
	if (leg_dial(&c->env, &sip, "call", family, &leg_handler, c, &c->leg, &error) < 0) {
		fprintf(stderr, "sip-caller: %s\n", error);
		finish(c, EXIT_CALL_FAILED);
	} else if (start_recorder(c) < 0) {
		hang_up(c, EXIT_CALL_FAILED);
	}
	free(error);
	free(from);
}

/* --- registering and answering --- */

static void on_invite(void *arg, struct sip_leg *sip)
{
	struct caller *c = arg;
	const char *reason;

	if (c->leg || c->options.target) {
		sip_leg_reject(sip, 486, NULL, NULL, 0, NULL);
		sip_leg_free(sip);
		return;
	}
	tell(c, "incoming", field_text("from", sip_leg_from_uri(sip)), "call from %s",
		sip_leg_from_uri(sip));
	c->started = clock_mono();
	if (leg_accept(&c->env, sip, "call", &leg_handler, c, &c->leg, &reason) != 0) {
		tell(c, "error", field_text("reason", reason), "refused: %s", reason);
		return;
	}
	if (start_recorder(c) < 0) {
		hang_up(c, EXIT_CALL_FAILED);
		return;
	}
	leg_ring(c->leg);
	leg_answer(c->leg, NULL);
}

static void on_registered(void *arg, int status, const char *phrase, unsigned expires_s)
{
	struct caller *c = arg;

	if (status >= 200 && status < 300) {
		timer_stop(&c->no_answer);
		if (!c->registered)
			tell(c, "registered", field_int("expires", expires_s),
				"registered for %u s, waiting for calls", expires_s);
		c->registered = true;
		return;
	}
	tell(c, "register_failed", field_int("status", status), "registration failed: %d %s",
		status, phrase);
	fprintf(stderr, "sip-caller: %d %s\n", status, phrase);
	if (!c->registered && !c->leg)
		finish(c, status == 0 || status == 408 ? EXIT_NO_ANSWER : EXIT_CALL_FAILED);
}

static void register_user(struct caller *c)
{
	const struct options *o = &c->options;
	char *aor = xasprintf("sip:%s@%s", o->user, o->domain);
	struct sip_account account = {
		.registrar = o->server,
		.aor = aor,
		.auth_user = o->user,
		.password = o->password,
		.expires_s = REGISTER_S,
	};

	tell(c, "registering", field_text("aor", aor), "registering %s at %s", aor, o->server);
	timer_start(&c->no_answer, (uint64_t)(o->timeout * USEC_PER_SEC));
	c->registration = sip_register(c->env.agent, &account, on_registered, c);
	free(aor);
}

static int admit(void *arg, unsigned *ret_retry_after)
{
	(void)arg;
	(void)ret_retry_after;
	return 0;
}

const struct sip_handler caller_sip_handler = {.on_invite = on_invite, .admit = admit};

void caller_begin(struct caller *c)
{
	if (c->options.target)
		dial(c);
	else
		register_user(c);
}

void caller_init(struct caller *c)
{
	timer_init(&c->no_answer, c->loop, on_no_answer, c);
	timer_init(&c->duration, c->loop, on_duration, c);
	timer_init(&c->give_up, c->loop, on_give_up, c);
	timer_init(&c->finish, c->loop, on_finish, c);
	c->signals[0] = evsignal_new(loop_base(c->loop), SIGINT, on_signal, c);
	c->signals[1] = evsignal_new(loop_base(c->loop), SIGTERM, on_signal, c);
	for (size_t i = 0; i < ARRAY_SIZE(c->signals); i++)
		event_add(c->signals[i], NULL);
}

void caller_release(struct caller *c)
{
	c->registration = sip_unregister(c->registration);
	c->recorder = recorder_free(c->recorder);
	c->leg = leg_free(c->leg);
	for (size_t i = 0; i < ARRAY_SIZE(c->signals); i++)
		event_free(c->signals[i]);
}
