#include "loop/loop.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"

struct post {
	struct post *next;
	void (*fn)(void *arg);
	void *arg;
};

struct loop {
	struct event_base *base;
	bool stopping;

	pthread_mutex_t lock; /* guards the three below */
	struct post *first, **last;
	bool signalled;
	int eventfd;
	struct event *wake;
};

static void run_posts(evutil_socket_t fd, short what, void *arg)
{
	struct loop *loop = arg;
	struct post *post, *next;
	uint64_t count;

	(void)what;
	if (read(fd, &count, sizeof(count)) < 0 && errno != EAGAIN)
		return;
	pthread_mutex_lock(&loop->lock);
	post = loop->first;
	loop->first = NULL;
	loop->last = &loop->first;
	loop->signalled = false;
	pthread_mutex_unlock(&loop->lock);
	for (; post; post = next) {
		next = post->next;
		post->fn(post->arg);
		free(post);
	}
}

struct loop *loop_new(void)
{
	struct loop *loop = xcalloc(1, sizeof(*loop));
	struct event_config *config = event_config_new();

	if (!config)
		abort();
	loop->last = &loop->first;
	pthread_mutex_init(&loop->lock, NULL);
	/* The coarse clock that libevent takes otherwise ticks every 4 ms here: a timer of 1 ms
	 * would poll four times before it is due. */
	event_config_set_flag(config, EVENT_BASE_FLAG_PRECISE_TIMER);
	loop->base = event_base_new_with_config(config);
	event_config_free(config);
	loop->eventfd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (!loop->base || loop->eventfd < 0)
		abort();
	loop->wake = event_new(loop->base, loop->eventfd, EV_READ | EV_PERSIST, run_posts, loop);
	event_add(loop->wake, NULL);
	return loop;
}

struct loop *loop_free(struct loop *loop)
{
	struct post *post, *next;

	if (!loop)
		return NULL;
	for (post = loop->first; post; post = next) {
		next = post->next;
		free(post);
	}
	event_free(loop->wake);
	event_base_free(loop->base);
	close(loop->eventfd);
	pthread_mutex_destroy(&loop->lock);
	free(loop);
	return NULL;
}

struct event_base *loop_base(struct loop *loop)
{
	return loop->base;
}

int loop_run(struct loop *loop)
{
	loop->stopping = false;
	while (!loop->stopping) {
		if (event_base_loop(loop->base, EVLOOP_NO_EXIT_ON_EMPTY) < 0)
			return -EIO;
	}
	return 0;
}

void loop_stop(struct loop *loop)
{
	loop->stopping = true;
	event_base_loopexit(loop->base, NULL);
}

void loop_post(struct loop *loop, void (*fn)(void *arg), void *arg)
{
	struct post *post = xmalloc(sizeof(*post));
	const uint64_t one = 1;
	bool signal;

	*post = (struct post){.fn = fn, .arg = arg};
	pthread_mutex_lock(&loop->lock);
	*loop->last = post;
	loop->last = &post->next;
	signal = !loop->signalled;
	loop->signalled = true;
	pthread_mutex_unlock(&loop->lock);
	/* The counter cannot overflow with one increment per drain, so the write succeeds. */
	if (signal && write(loop->eventfd, &one, sizeof(one)) < 0)
		abort();
}

static void fire(evutil_socket_t fd, short what, void *arg)
{
	struct timer *timer = arg;

	(void)fd;
	(void)what;
	timer->fn(timer->arg);
}

void timer_init(struct timer *timer, struct loop *loop, void (*fn)(void *arg), void *arg)
{
	timer->fn = fn;
	timer->arg = arg;
	evtimer_assign(&timer->event, loop->base, fire, timer);
}

void timer_start(struct timer *timer, uint64_t delay_us)
{
	struct timeval tv = {
		.tv_sec = (time_t)(delay_us / USEC_PER_SEC),
		.tv_usec = (suseconds_t)(delay_us % USEC_PER_SEC),
	};

	evtimer_add(&timer->event, &tv);
}

void timer_stop(struct timer *timer)
{
	evtimer_del(&timer->event);
}

bool timer_running(const struct timer *timer)
{
	return evtimer_pending(&timer->event, NULL) != 0;
}
