#include "nccoctl/terminal.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"

#define DIGITS	 "0123456789*#ABCD"
#define ESCAPE	 '\033'
#define MAX_WAIT ((uint64_t)3600 * USEC_PER_SEC) /* of one poll() */

struct terminal {
	struct sim_caller caller;
	bool (*load)(const char *path, struct sim_reply *ret_reply);
	struct termios cooked, raw;
	struct sigaction old_int, old_term, old_hup;
	sigset_t old_mask;
	uint64_t start; /* of the call, moved by the time that questions took */
	char typed[64]; /* read, not yet told */
	size_t typed_count, typed_next;
};

static volatile sig_atomic_t interrupted;

static void on_signal(int number)
{
	(void)number;
	interrupted = 1;
}

/* They come while ppoll() waits and at no other time, so that none comes just before it. */
static void catch_signals(struct terminal *t)
{
	struct sigaction action = {.sa_handler = on_signal};

	interrupted = 0;
	sigemptyset(&action.sa_mask);
	sigaddset(&action.sa_mask, SIGINT);
	sigaddset(&action.sa_mask, SIGTERM);
	sigaddset(&action.sa_mask, SIGHUP);
	sigprocmask(SIG_BLOCK, &action.sa_mask, &t->old_mask);
	sigaction(SIGINT, &action, &t->old_int);
	sigaction(SIGTERM, &action, &t->old_term);
	sigaction(SIGHUP, &action, &t->old_hup);
}

/* The length of what a key that is no character sends, whose letters must not be taken for
 * digits: ESC and a character, or "ESC [" to a byte from '@' to '~' (ECMA-48 section 5.4). */
static size_t escape_length(const char *keys, size_t count)
{
	size_t i = 2;

	if (count > 2 && (keys[1] == '[' || keys[1] == 'O')) {
		while (i < count && (keys[i] < '@' || keys[i] > '~'))
			i++;
		i++;
	}
	return i;
}

/* What was read becomes digits; other keys are none. */
static void keep_digits(struct terminal *t, const char *keys, size_t count)
{
	t->typed_count = t->typed_next = 0;
	for (size_t i = 0; i < count;) {
		char digit = (char)toupper((unsigned char)keys[i]);

		if (digit && strchr(DIGITS, digit))
			t->typed[t->typed_count++] = digit;
		i += keys[i] == ESCAPE ? escape_length(keys + i, count - i) : 1;
	}
}

/* Reads what comes within delay: the bytes read, 0 in vain, or SIM_HANGUP. */
static ssize_t read_typed(struct terminal *t, uint64_t delay, char *out, size_t size)
{
	struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
	uint64_t bounded = delay < MAX_WAIT ? delay : MAX_WAIT;
	struct timespec time = {.tv_sec = (time_t)(bounded / USEC_PER_SEC),
		.tv_nsec = (long)(bounded % USEC_PER_SEC) * 1000};
	ssize_t count;
	int ready = ppoll(&input, 1, &time, &t->old_mask);

	if (interrupted)
		return SIM_HANGUP;
	if (ready <= 0)
		return ready < 0 && errno != EINTR ? SIM_HANGUP : 0;
	count = read(STDIN_FILENO, out, size);
	return count > 0 ? count : SIM_HANGUP;
}

static int wait_key(void *arg, uint64_t until, uint64_t *ret_now)
{
	struct terminal *t = arg;
	char keys[sizeof(t->typed)];
	ssize_t count;

	for (;;) {
		*ret_now = clock_mono() - t->start;
		if (t->typed_next < t->typed_count)
			return t->typed[t->typed_next++];
		if (*ret_now >= until)
			return 0;
		count = read_typed(t, until - *ret_now, keys, sizeof(keys));
		if (count == SIM_HANGUP)
			return SIM_HANGUP;
		keep_digits(t, keys, (size_t)count);
	}
}

/* A line without its end; false: hung up. */
static bool read_line(struct terminal *t, char *line, size_t size)
{
	size_t length = 0;
	ssize_t count;

	while (length + 1 < size) {
		count = read_typed(t, MAX_WAIT, line + length, 1);
		if (count == SIM_HANGUP)
			return false;
		if (count > 0 && line[length++] == '\n') {
			length--;
			break;
		}
	}
	line[length] = '\0';
	return true;
}

/* 0, or SIM_HANGUP. */
static int ask_file(struct terminal *t, struct sim_reply *ret_reply)
{
	char path[PATH_MAX];

	for (;;) {
		fputs("answer with the script in file (empty: no script): ", stderr);
		if (!read_line(t, path, sizeof(path)))
			return SIM_HANGUP;
		if (!*path)
			return 0;
		if (t->load(path, ret_reply))
			return 0;
	}
}

static int ask_reply(void *arg, struct sim_reply *ret_reply)
{
	struct terminal *t = arg;
	uint64_t asked = clock_mono();
	int answer;

	tcsetattr(STDIN_FILENO, TCSADRAIN, &t->cooked);
	answer = ask_file(t, ret_reply);
	tcsetattr(STDIN_FILENO, TCSADRAIN, &t->raw);
	t->start += clock_mono() - asked;
	return answer;
}

struct terminal *terminal_open(bool (*load)(const char *path, struct sim_reply *ret_reply))
{
	struct termios cooked;
	struct terminal *t;

	if (!isatty(STDIN_FILENO) || tcgetattr(STDIN_FILENO, &cooked) < 0)
		return NULL;
	t = xcalloc(1, sizeof(*t));
	t->caller = (struct sim_caller){.wait = wait_key, .reply = ask_reply, .arg = t};
	t->load = load;
	t->cooked = t->raw = cooked;
	t->raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	t->raw.c_cc[VMIN] = 1;
	t->raw.c_cc[VTIME] = 0;
	t->raw.c_cc[VSUSP] = _POSIX_VDISABLE; /* the shell would get a raw terminal */
	catch_signals(t);
	tcsetattr(STDIN_FILENO, TCSADRAIN, &t->raw);
	fputs("Keys 0-9 * # are the caller's, Ctrl-C hangs up.\n", stderr);
	t->start = clock_mono();
	return t;
}

void terminal_close(struct terminal *t)
{
	if (!t)
		return;
	tcsetattr(STDIN_FILENO, TCSADRAIN, &t->cooked);
	sigaction(SIGINT, &t->old_int, NULL);
	sigaction(SIGTERM, &t->old_term, NULL);
	sigaction(SIGHUP, &t->old_hup, NULL);
	sigprocmask(SIG_SETMASK, &t->old_mask, NULL);
	free(t);
}

const struct sim_caller *terminal_caller(const struct terminal *terminal)
{
	return &terminal->caller;
}
