/* The directory of recordings: names, looking up, deleting; and recordings of a leg that runs. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "call/recording.h"
#include "call/recording_sweep.h"
#include "media/engine_peer.h"

#define DAY_S 86400
#define A     "00000000-0000-4000-8000-00000000000a"
#define B     "00000000-0000-4000-8000-00000000000b"

struct bench {
	struct peer *peer; /* an engine with a leg, of the media's tests */
	char directory[64];
	struct recording_store *store;
	unsigned ended;
	struct recording_result result;
	char id[ID_SIZE], error[128];
};

static int setup(void **state)
{
	struct bench *b = xcalloc(1, sizeof(*b));
	char *error = NULL;

	peer_setup((void **)&b->peer);
	strcpy(b->directory, "/tmp/recording-test-XXXXXX");
	assert_non_null(mkdtemp(b->directory));
	b->store = recording_store_new(b->peer->loop, NULL, b->directory, 30, &error);
	assert_non_null(b->store);
	*state = b;
	return 0;
}

static int teardown(void **state)
{
	struct bench *b = *state;
	char *command = xasprintf("rm -rf '%s'", b->directory);

	recording_store_free(b->store);
	peer_teardown((void **)&b->peer);
	assert_int_equal(system(command), 0);
	free(command);
	free(b);
	return 0;
}

static void touch(const struct bench *b, const char *name, time_t age)
{
	char *path = xasprintf("%s/%s", b->directory, name);
	FILE *file = fopen(path, "w");
	struct timespec at[2] = {{.tv_sec = time(NULL) - age}, {.tv_sec = time(NULL) - age}};

	assert_non_null(file);
	fclose(file);
	assert_int_equal(utimensat(AT_FDCWD, path, at, 0), 0);
	free(path);
}

static bool exists(const struct bench *b, const char *name)
{
	char *path = xasprintf("%s/%s", b->directory, name);
	bool there = access(path, F_OK) == 0;

	free(path);
	return there;
}

static void test_sweep__deletes_old_recordings_only(void **state)
{
	struct bench *b = *state;
	struct worker_pool *workers = worker_pool_new(b->peer->loop, "sweep", 1);

	touch(b, A ".wav", 31 * DAY_S);
	touch(b, A ".mp3", 31 * DAY_S);
	touch(b, B ".wav", 29 * DAY_S);
	touch(b, B ".txt", 31 * DAY_S);
	touch(b, "notes.wav", 31 * DAY_S);
	recording_sweep(workers, b->directory, 30);
	RUN_UNTIL(b->peer, !exists(b, A ".wav") && !exists(b, A ".mp3"));
	worker_pool_free(workers);
	assert_true(exists(b, B ".wav"));
	assert_true(exists(b, B ".txt"));
	assert_true(exists(b, "notes.wav"));
}

static void test_find__ids_only(void **state)
{
	struct bench *b = *state;
	const struct sound_format *format = NULL;
	char *path = NULL;

	touch(b, A ".mp3", 0);
	touch(b, "notes.wav", 0);
	assert_int_equal(recording_find(b->directory, A, &path, &format), 0);
	assert_string_equal(format->name, "mp3");
	free(path);
	assert_true(recording_find(b->directory, B, &path, &format) < 0);
	assert_true(recording_find(b->directory, "notes", &path, &format) < 0);
	assert_true(recording_find(b->directory, "../" A, &path, &format) < 0);
	assert_false(recording_is_id(""));
	assert_false(recording_is_id("00000000-0000-4000-8000-00000000000A"));
	assert_false(recording_is_id("00000000-0000-4000-8000-00000000000"));
	assert_false(recording_is_id("00000000/0000-4000-8000-00000000000a"));
}

static void on_ended(void *arg, const struct recording_result *result)
{
	struct bench *b = arg;

	b->ended++;
	b->result = *result;
	snprintf(b->id, sizeof(b->id), "%s", result->id);
	snprintf(b->error, sizeof(b->error), "%s", result->error ? result->error : "");
}

static struct recording *start(struct bench *b, const char *format)
{
	struct recording_spec spec = {.format = sound_format_find(format), .channels = 1};

	return recording_start(b->store, b->peer->leg, &spec, on_ended, b);
}

static void test_recording__stopped(void **state)
{
	struct bench *b = *state;
	struct recording *recording = start(b, "wav");
	struct stat st;
	char *path;

	peer_start(b->peer);
	peer_hear_packets(b->peer, 10);
	recording_stop(recording);
	recording_stop(recording);
	RUN_UNTIL(b->peer, b->ended == 1);
	path = xasprintf("%s/%s.wav", b->directory, b->id);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, b->result.size);
	assert_in_range(st.st_size, 44 + 9 * 640, 44 + 60 * 640);
	assert_true(b->result.end_wall > b->result.start_wall);
	assert_false(recording_store_fails(b->store));
	free(path);
}

static void test_recording__ends_with_its_leg(void **state)
{
	struct bench *b = *state;

	start(b, "ogg");
	peer_start(b->peer);
	peer_hear_packets(b->peer, 3);
	b->peer->leg = media_leg_free(b->peer->leg);
	RUN_UNTIL(b->peer, b->ended == 1);
	assert_string_equal(b->error, "");
}

static void test_recording__cannot_be_written(void **state)
{
	struct bench *b = *state;

	assert_int_equal(rmdir(b->directory), 0);
	start(b, "mp3");
	peer_start(b->peer);
	RUN_UNTIL(b->peer, b->ended == 1);
	assert_string_equal(b->error, "No such file or directory");
	assert_true(recording_store_fails(b->store));
}

/* Nobody is told, nothing is left behind, the file is whole. */
static void test_recording__abandoned_at_the_end_of_all(void **state)
{
	struct bench *b = *state;
	struct recording *recording = start(b, "wav");

	peer_start(b->peer);
	peer_hear_packets(b->peer, 3);
	recording_abandon(recording);
	b->peer->leg = media_leg_free(b->peer->leg);
	b->peer->engine = media_engine_free(b->peer->engine);
	b->store = recording_store_free(b->store);
	assert_int_equal(b->ended, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			test_sweep__deletes_old_recordings_only, setup, teardown),
		cmocka_unit_test_setup_teardown(test_find__ids_only, setup, teardown),
		cmocka_unit_test_setup_teardown(test_recording__stopped, setup, teardown),
		cmocka_unit_test_setup_teardown(test_recording__ends_with_its_leg, setup, teardown),
		cmocka_unit_test_setup_teardown(test_recording__cannot_be_written, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_recording__abandoned_at_the_end_of_all, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
