/* mailbox.h - a queue of intrusive messages from one thread to another, without locks.
 *
 * It has no size: a message brings its own link, so posting cannot fail and nothing can be
 * lost. Messages go to a media thread and come back to the core thread, which allocates and
 * frees all of them; a media thread therefore never allocates and never waits.
 *
 * mailbox_post() from any thread; mailbox_take() from the one reader. */
#ifndef MEDIA_MAILBOX_H
#define MEDIA_MAILBOX_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

struct mail {
	struct mail *next;
};

struct mailbox {
	_Atomic(struct mail *) newest;
};

/* True when the box was empty: the reader may need to be woken. */
static inline bool mailbox_post(struct mailbox *box, struct mail *mail)
{
	struct mail *newest = atomic_load_explicit(&box->newest, memory_order_relaxed);

	do
		mail->next = newest;
	while (!atomic_compare_exchange_weak(&box->newest, &newest, mail));
	return newest == NULL;
}

static inline bool mailbox_empty(struct mailbox *box)
{
	return atomic_load(&box->newest) == NULL;
}

/* All that is there, oldest first, linked by next; NULL when empty. */
static inline struct mail *mailbox_take(struct mailbox *box)
{
	struct mail *newest, *oldest = NULL;

	if (mailbox_empty(box))
		return NULL;
	newest = atomic_exchange(&box->newest, NULL);
	while (newest) {
		struct mail *next = newest->next;

		newest->next = oldest;
		oldest = newest;
		newest = next;
	}
	return oldest;
}

#endif
