#include "speech/feed.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/strbuf.h"

struct feed {
	pthread_mutex_t lock; /* guards the members below */
	struct strbuf bytes;
	size_t max_bytes;
	bool ended;
	int fd; /* eventfd */
};

struct feed *feed_new(size_t max_bytes)
{
	struct feed *feed;
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

	if (fd < 0)
		return NULL;
	feed = xcalloc(1, sizeof(*feed));
	pthread_mutex_init(&feed->lock, NULL);
	feed->bytes = (struct strbuf)STRBUF_INIT;
	feed->max_bytes = max_bytes;
	feed->fd = fd;
	return feed;
}

struct feed *feed_free(struct feed *feed)
{
	if (!feed)
		return NULL;
	strbuf_release(&feed->bytes);
	pthread_mutex_destroy(&feed->lock);
	close(feed->fd);
	free(feed);
	return NULL;
}

static void wake(struct feed *feed)
{
	const uint64_t one = 1;

	/* It fails only when it is readable beyond doubt. */
	if (write(feed->fd, &one, sizeof(one)) < 0)
		return;
}

bool feed_put(struct feed *feed, const void *data, size_t length)
{
	bool room;

	pthread_mutex_lock(&feed->lock);
	room = !feed->ended && length <= feed->max_bytes - feed->bytes.length;
	if (room)
		strbuf_add(&feed->bytes, data, length);
	pthread_mutex_unlock(&feed->lock);
	wake(feed);
	return room;
}

void feed_end(struct feed *feed)
{
	pthread_mutex_lock(&feed->lock);
	feed->ended = true;
	pthread_mutex_unlock(&feed->lock);
	wake(feed);
}

size_t feed_get(struct feed *feed, size_t offset, void *data, size_t size, bool *ret_ended)
{
	size_t length;

	pthread_mutex_lock(&feed->lock);
	length = feed->bytes.length - offset;
	*ret_ended = feed->ended && length <= size;
	if (length > size)
		length = size;
	memcpy(data, feed->bytes.data + offset, length);
	pthread_mutex_unlock(&feed->lock);
	return length;
}

int feed_fd(const struct feed *feed)
{
	return feed->fd;
}

void feed_clear(struct feed *feed)
{
	uint64_t count;

	if (read(feed->fd, &count, sizeof(count)) < 0)
		return;
}
