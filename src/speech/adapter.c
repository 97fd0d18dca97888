#include "speech/adapter.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "speech/feed.h"

#define MAX_STDERR_BYTES 4096
/* Limits are set by the shell before it becomes the adapter: from outside they would come too
 * late for what the adapter starts first. Address space in KiB (1 GiB), no core files. */
#define LIMITED_EXEC	  "ulimit -v 1048576; ulimit -c 0; exec \"$0\" \"$@\""
#define MAX_RUN		  (300 * USEC_PER_SEC) /* against an adapter that drips for ever */
#define EXIT_POLL_MS	  2
#define PIECE_BYTES	  16384
#define STATUS_NOT_FOR_ME 2

enum { IN, OUT, ERR, PIPES };
enum { CANCEL = PIPES, FEED, EVENTS };

struct process {
	const struct adapter_run *run;
	pid_t pid;
	int fds[PIPES];	  /* our ends, -1 when closed */
	const char *text; /* with a feed: `piece` */
	size_t text_left, output;
	size_t fed; /* of the feed */
	bool more;  /* the feed has not ended */
	char piece[PIECE_BYTES];
	uint64_t deadline, last_deadline;
	struct strbuf errors;
};

bool adapter_name_ok(const char *name)
{
	size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "0123456789._-");

	return length > 0 && length <= 64 && name[length] == '\0' && strcmp(name, ".") != 0 &&
	       strcmp(name, "..") != 0;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* Three pipes; theirs are the child's ends. */
static int open_pipes(int ours[PIPES], int theirs[PIPES])
{
	for (int i = 0; i < PIPES; i++) {
		int ends[2];

		if (pipe2(ends, O_CLOEXEC) < 0)
			return -errno;
		ours[i] = ends[i == IN];
		theirs[i] = ends[i != IN];
		if (fcntl(ours[i], F_SETFL, O_NONBLOCK) < 0)
			return -errno;
	}
	return 0;
}

static void set_attributes(posix_spawnattr_t *attributes)
{
	sigset_t none, all;

	sigemptyset(&none);
	sigfillset(&all);
	posix_spawnattr_init(attributes);
	posix_spawnattr_setpgroup(attributes, 0);
	posix_spawnattr_setsigmask(attributes, &none);
	posix_spawnattr_setsigdefault(attributes, &all);
	posix_spawnattr_setflags(
		attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
}

static int spawn(struct process *p, const int theirs[PIPES])
{
	char *argv[] = {
		"sh", "-c", LIMITED_EXEC, (char *)p->run->path, (char *)p->run->argument, NULL};
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	int error;

	posix_spawn_file_actions_init(&actions);
	for (int i = 0; i < PIPES; i++)
		posix_spawn_file_actions_adddup2(&actions, theirs[i], i);
	posix_spawn_file_actions_addclosefrom_np(&actions, PIPES);
	set_attributes(&attributes);
	error = posix_spawn(&p->pid, "/bin/sh", &actions, &attributes, argv, p->run->environment);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return -error;
}

static int start(struct process *p)
{
	int theirs[PIPES] = {-1, -1, -1};
	int error = access(p->run->path, X_OK) < 0 ? -errno : open_pipes(p->fds, theirs);

	if (!error)
		error = spawn(p, theirs);
	for (int i = 0; i < PIPES; i++)
		close_fd(&theirs[i]);
	return error;
}

static void extend_deadline(struct process *p)
{
	p->deadline = clock_mono() + p->run->timeout_ms * USEC_PER_MSEC;
	if (p->deadline > p->last_deadline)
		p->deadline = p->last_deadline;
}

/* What the adapter says is waited for only once it has heard all. */
static void end_feed(struct process *p)
{
	if (p->more)
		extend_deadline(p);
	p->more = false;
}

/* The next piece of a feed, when the one before is written. */
static void fetch(struct process *p)
{
	bool ended;

	if (!p->more)
		return;
	if (p->fds[IN] < 0) {
		end_feed(p);
		return;
	}
	if (p->text_left)
		return;
	p->text = p->piece;
	p->text_left = feed_get(p->run->feed, p->fed, p->piece, sizeof(p->piece), &ended);
	p->fed += p->text_left;
	if (ended)
		end_feed(p);
	if (ended && !p->text_left)
		close_fd(&p->fds[IN]);
}

/* An adapter that closes stdin early has its reasons. */
static void feed(struct process *p)
{
	ssize_t n = p->text_left ? write(p->fds[IN], p->text, p->text_left) : 0;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0) {
		p->text += n;
		p->text_left -= (size_t)n;
	}
	if (n < 0 || (p->text_left == 0 && !p->more))
		close_fd(&p->fds[IN]);
}

static int receive(struct process *p)
{
	char buffer[16384];
	ssize_t n = read(p->fds[OUT], buffer, sizeof(buffer));

	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	if (n == 0) {
		close_fd(&p->fds[OUT]);
		return 0;
	}
	p->output += (size_t)n;
	if (p->output > p->run->max_output_bytes)
		return -EFBIG;
	extend_deadline(p);
	return p->run->data(p->run->arg, buffer, (size_t)n);
}

/* Keeps the beginning, reads on so that the adapter never blocks on it. */
static void collect_errors(struct process *p)
{
	char buffer[1024];
	ssize_t n = read(p->fds[ERR], buffer, sizeof(buffer));
	size_t room = MAX_STDERR_BYTES - p->errors.length;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0)
		close_fd(&p->fds[ERR]);
	else
		strbuf_add(&p->errors, buffer, (size_t)n < room ? (size_t)n : room);
}

/* Waits for events, at most `limit_ms` (<0: until the deadline). */
static int wait_events(struct process *p, struct pollfd fds[EVENTS], int limit_ms)
{
	uint64_t now = clock_mono(), deadline = p->more ? p->last_deadline : p->deadline;
	int left;

	if (now >= deadline)
		return -ETIMEDOUT;
	left = (int)((deadline - now) / USEC_PER_MSEC) + 1;
	if (limit_ms >= 0 && limit_ms < left)
		left = limit_ms;
	for (int i = 0; i < PIPES; i++)
		fds[i] = (struct pollfd){.fd = p->fds[i], .events = POLLIN};
	fds[IN].events = POLLOUT;
	if (p->more && !p->text_left)
		fds[IN].fd = -1;
	fds[CANCEL] = (struct pollfd){.fd = p->run->cancel_fd, .events = POLLIN};
	fds[FEED] = (struct pollfd){.fd = p->more ? feed_fd(p->run->feed) : -1, .events = POLLIN};
	if (poll(fds, EVENTS, left) < 0 && errno != EINTR)
		return -errno;
	return fds[CANCEL].revents ? -ECANCELED : 0;
}

/* Until the adapter has closed stdout. */
static int transfer(struct process *p)
{
	struct pollfd fds[EVENTS];
	int error;

	while (p->fds[OUT] >= 0) {
		fetch(p);
		error = wait_events(p, fds, -1);
		if (error)
			return error;
		if (fds[FEED].revents)
			feed_clear(p->run->feed);
		if (fds[IN].revents)
			feed(p);
		if (fds[ERR].revents)
			collect_errors(p);
		error = fds[OUT].revents ? receive(p) : 0;
		if (error < 0)
			return error;
	}
	return 0;
}

/* Until it has exited; it stays a zombie, so that its process group keeps its number. */
static int wait_exit(struct process *p, siginfo_t *ret_info)
{
	struct pollfd fds[EVENTS];
	int error;

	close_fd(&p->fds[IN]);
	end_feed(p);
	for (;;) {
		ret_info->si_pid = 0;
		if (waitid(P_PID, (id_t)p->pid, ret_info, WEXITED | WNOWAIT | WNOHANG) < 0)
			return -errno;
		if (ret_info->si_pid)
			break;
		error = wait_events(p, fds, EXIT_POLL_MS);
		if (error)
			return error;
		if (fds[ERR].revents)
			collect_errors(p);
	}
	for (int i = 0; i < 8 && p->fds[ERR] >= 0 && p->errors.length < MAX_STDERR_BYTES; i++)
		collect_errors(p);
	return 0;
}

static void reap(struct process *p)
{
	kill(-p->pid, SIGKILL);
	while (waitpid(p->pid, NULL, 0) < 0 && errno == EINTR)
		;
}

static char *exit_message(struct process *p, const siginfo_t *info)
{
	char *errors = p->errors.data;
	size_t length = p->errors.length;

	while (length && strchr(" \t\r\n", errors[length - 1]))
		length--;
	return xasprintf("%s %d%s%.*s",
		info->si_code == CLD_EXITED ? "exit status" : "killed by signal", info->si_status,
		length ? ": " : "", (int)length, errors);
}

static char *error_message(struct process *p, int error)
{
	switch (error) {
	case -ECANCELED:
		return xstrdup("cancelled");
	case -ETIMEDOUT:
		return p->output ? xasprintf("stalled after %zu bytes", p->output)
				 : xasprintf("nothing for %u ms", p->run->timeout_ms);
	case -EFBIG:
		return xasprintf("more than %zu bytes of output", p->run->max_output_bytes);
	default:
		return xstrdup(strerror(-error));
	}
}

static int attend(struct process *p, char **ret_message)
{
	siginfo_t info = {0};
	int error = transfer(p);

	if (!error)
		error = wait_exit(p, &info);
	reap(p);
	if (error)
		*ret_message = error_message(p, error);
	else if (info.si_code != CLD_EXITED || info.si_status != 0)
		*ret_message = exit_message(p, &info);
	else
		return 0;
	if (!error)
		error = info.si_code == CLD_EXITED && info.si_status == STATUS_NOT_FOR_ME ? -ENOTSUP
											  : -EIO;
	return error;
}

int adapter_run(const struct adapter_run *run, char **ret_message)
{
	struct process p = {
		.run = run,
		.fds = {-1, -1, -1},
		.text = run->text,
		.text_left = run->feed ? 0 : strlen(run->text),
		.more = run->feed != NULL,
		.last_deadline = clock_mono() + MAX_RUN,
		.errors = STRBUF_INIT,
	};
	sigset_t pipe_signal;
	int error;

	/* An adapter that does not read must not end us. */
	sigemptyset(&pipe_signal);
	sigaddset(&pipe_signal, SIGPIPE);
	pthread_sigmask(SIG_BLOCK, &pipe_signal, NULL);
	extend_deadline(&p);
	error = start(&p);
	if (error)
		*ret_message = error_message(&p, error);
	else
		error = attend(&p, ret_message);
	for (int i = 0; i < PIPES; i++)
		close_fd(&p.fds[i]);
	strbuf_release(&p.errors);
	return error;
}
