#include "call/transcript.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "call/call_private.h"
#include "call/recording.h"
#include "call/transcript_reader.h"
#include "call/transcript_text.h"
#include "call/utterance.h"

#define BUSY_US	    (2 * USEC_PER_SEC) /* until a recogniser that is busy is asked again */
#define MAX_WAITING 1000

struct transcript {
	STAILQ_ENTRY(transcript) link;
	struct transcripts *all;
	struct webhook_line *line;
	char *recording_id, *uuid, *pointer, *language, *url, *method;
	char conversation_uuid[CONVERSATION_ID_SIZE];
	char id[ID_SIZE];

	/* The worker's while `job` is there. */
	struct job *job;
	const char *directory;
	struct transcript_reader *reader;
	struct spoken spoken;
	int result; /* of the last step */
	const char *print;

	struct json_object *text;
	struct utterance *utterance;
	struct timer again;
};

struct transcripts {
	struct server *server;
	STAILQ_HEAD(transcript_list, transcript) waiting; /* the first is worked at */
	unsigned count;
};

/* --- wishes --- */

void transcript_wish_take(
	struct transcript_wish *wish, const struct ncco_transcription *transcription)
{
	*wish = (struct transcript_wish){.wanted = transcription != NULL};
	if (!transcription)
		return;
	wish->language = xstrdup(transcription->language);
	wish->url = transcription->url ? call_url(transcription->base, transcription->url) : NULL;
	wish->method = xstrdup(transcription->method);
}

void transcript_wish_release(struct transcript_wish *wish)
{
	free(wish->language);
	free(wish->url);
	free(wish->method);
	*wish = (struct transcript_wish){0};
}

/* --- the end of one --- */

static void begin(struct transcript *t);

static void destroy(struct transcript *t)
{
	timer_stop(&t->again);
	transcript_reader_free(t->reader);
	utterance_free(t->utterance);
	free(t->spoken.pcm);
	json_object_put(t->text);
	webhook_line_close(t->line);
	free(t->recording_id);
	free(t->uuid);
	free(t->pointer);
	free(t->language);
	free(t->url);
	free(t->method);
	free(t);
}

/* The next one's turn. */
static void leave(struct transcript *t)
{
	struct transcripts *all = t->all;

	STAILQ_REMOVE_HEAD(&all->waiting, link);
	all->count--;
	destroy(t);
	if (!STAILQ_EMPTY(&all->waiting))
		begin(STAILQ_FIRST(&all->waiting));
}

static void fail(struct transcript *t, const char *error)
{
	struct json_object *body = json_object_new_object();
	char *reason = xasprintf("the recording cannot be transcribed: %s", error);

	log_warn(t->uuid, "recording %s cannot be transcribed: %s", t->recording_id, error);
	json_add_text(body, "reason", reason);
	if (t->pointer)
		json_add_text(body, "pointer", t->pointer);
	json_add_text(body, "conversation_uuid", t->conversation_uuid);
	webhook_event(t->line, NULL, NULL, body);
	free(reason);
	leave(t);
}

static void tell(struct transcript *t)
{
	struct json_object *body = json_object_new_object();
	char *url = xasprintf("%s/v1/files/%s", server_public_url(t->all->server), t->id);

	json_add_text(body, "conversation_uuid", t->conversation_uuid);
	json_add_text(body, "type", "record");
	json_add_text(body, "recording_uuid", t->recording_id);
	json_add_text(body, "status", "transcribed");
	json_add_text(body, "transcription_url", url);
	webhook_event(t->line, t->url, t->method, body);
	free(url);
	leave(t);
}

/* --- writing --- */

static int write_all(int fd, const char *text, size_t length)
{
	while (length > 0) {
		ssize_t n = write(fd, text, length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		text += n;
		length -= (size_t)n;
	}
	return 0;
}

static void run_write(void *arg)
{
	struct transcript *t = arg;
	char *path = xasprintf("%s/%s.json", t->directory, t->id);
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	t->result = fd < 0 ? -errno : write_all(fd, t->print, strlen(t->print));
	if (fd >= 0)
		close(fd);
	if (t->result < 0)
		unlink(path);
	free(path);
}

static void write_done(void *arg)
{
	struct transcript *t = arg;

	t->job = NULL;
	if (t->result < 0)
		fail(t, strerror(-t->result));
	else
		tell(t);
}

static void job_dropped(void *arg)
{
	destroy(arg);
}

static const struct job_ops write_ops = {.run = run_write, .done = write_done, .drop = job_dropped};

static void write_text(struct transcript *t)
{
	transcript_text_end(t->text, transcript_reader_ms(t->reader));
	t->print = json_print(t->text);
	t->job = worker_submit(t->all->server->workers, &write_ops, t);
}

/* --- reading and recognising --- */

static void read_next(struct transcript *t);

static void on_recognised(void *arg)
{
	struct transcript *t = arg;
	const char *error = utterance_error(t->utterance), *text = utterance_text(t->utterance);

	if (utterance_is_busy(t->utterance)) {
		t->utterance = utterance_free(t->utterance);
		timer_start(&t->again, BUSY_US);
		return;
	}
	if (error) {
		fail(t, error);
		return;
	}
	if (*text)
		transcript_text_add(
			t->text, &(struct transcript_sentence){.channel = t->spoken.channel,
					 .at_ms = t->spoken.at_ms,
					 .ms = t->spoken.ms,
					 .text = text,
					 .words = utterance_words(t->utterance)});
	t->utterance = utterance_free(t->utterance);
	free(t->spoken.pcm);
	t->spoken.pcm = NULL;
	read_next(t);
}

static const struct utterance_handler utterance_handler = {.on_done = on_recognised};

static void recognise(struct transcript *t)
{
	const struct asr_request request = {
		.language = t->language, .rate = transcript_reader_rate(t->reader), .words = true};

	t->utterance = utterance_new(t->all->server->asr, &request, &utterance_handler, t);
	utterance_sound(t->utterance, t->spoken.pcm, t->spoken.samples);
	utterance_end(t->utterance);
}

static int open_reader(struct transcript *t)
{
	const char *type;
	char *path;
	int err = recording_find(t->directory, t->recording_id, &path, &type);

	if (err == 0) {
		err = transcript_reader_open(path, &t->reader);
		free(path);
	}
	return err;
}

static void run_read(void *arg)
{
	struct transcript *t = arg;

	t->result = t->reader ? 0 : open_reader(t);
	if (t->result == 0)
		t->result = transcript_reader_next(t->reader, &t->spoken);
}

static void read_done(void *arg)
{
	struct transcript *t = arg;

	t->job = NULL;
	if (t->reader && !t->text)
		t->text = transcript_text_new(t->id, transcript_reader_channels(t->reader));
	if (t->result < 0)
		fail(t, strerror(-t->result));
	else if (t->result == 0)
		write_text(t);
	else
		recognise(t);
}

static const struct job_ops read_ops = {.run = run_read, .done = read_done, .drop = job_dropped};

static void read_next(struct transcript *t)
{
	t->directory = server_recording_directory(t->all->server);
	t->job = worker_submit(t->all->server->workers, &read_ops, t);
}

static void on_again(void *arg)
{
	struct transcript *t = arg;

	if (t->all->server->asr)
		recognise(t);
	else
		fail(t, "there is no speech recogniser");
}

/* A failure is told by the timer, for the recording's own event is to go first. */
static void begin(struct transcript *t)
{
	if (t->all->server->asr)
		read_next(t);
	else
		timer_start(&t->again, 0);
}

/* --- what is asked for --- */

static struct transcript *transcript_new(struct transcripts *all,
	const struct transcript_wish *wish, const struct transcript_subject *subject)
{
	struct transcript *t = xcalloc(1, sizeof(*t));

	t->all = all;
	id_new(t->id);
	t->line = webhook_line_new(&all->server->webhooks, subject->call_uuid,
		subject->conversation_uuid, subject->app);
	t->recording_id = xstrdup(subject->recording_id);
	t->uuid = xstrdup(subject->call_uuid);
	t->pointer = xstrdup(subject->pointer);
	snprintf(t->conversation_uuid, sizeof(t->conversation_uuid), "%s",
		subject->conversation_uuid);
	t->language = xstrdup(wish->language);
	t->url = xstrdup(wish->url);
	t->method = xstrdup(wish->method);
	timer_init(&t->again, all->server->loop, on_again, t);
	STAILQ_INSERT_TAIL(&all->waiting, t, link);
	all->count++;
	return t;
}

void transcript_order(struct transcripts *all, const struct transcript_wish *wish,
	const struct transcript_subject *subject)
{
	struct transcript *t;

	if (!wish->wanted)
		return;
	if (all->count >= MAX_WAITING) {
		log_warn(subject->call_uuid, "recording %s is not transcribed: too many wait",
			subject->recording_id);
		return;
	}
	t = transcript_new(all, wish, subject);
	if (STAILQ_FIRST(&all->waiting) == t)
		begin(t);
}

struct transcripts *transcripts_new(struct server *server)
{
	struct transcripts *all = xcalloc(1, sizeof(*all));

	all->server = server;
	STAILQ_INIT(&all->waiting);
	return all;
}

struct transcripts *transcripts_free(struct transcripts *all)
{
	struct transcript *t;

	if (!all)
		return NULL;
	if (all->count)
		log_warn(NULL, "%u recordings are not transcribed any more", all->count);
	while ((t = STAILQ_FIRST(&all->waiting))) {
		STAILQ_REMOVE_HEAD(&all->waiting, link);
		/* A worker may have it beyond the life of webhooks. */
		t->line = webhook_line_close(t->line);
		if (t->job)
			worker_cancel(t->job);
		else
			destroy(t);
	}
	free(all);
	return NULL;
}
