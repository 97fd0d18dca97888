#include "ncco/label.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

const struct label *labels_find(const struct labels *labels, const char *name)
{
	for (unsigned i = 0; i < labels->count; i++) {
		if (strcmp(labels->items[i].name, name) == 0)
			return &labels->items[i];
	}
	return NULL;
}

/* The label's own step comes into the list when it has been read. */
bool labels_add(struct labels *labels, const char *name, const struct step_list *list)
{
	if (labels_find(labels, name))
		return false;
	labels->items = xrealloc(labels->items, (labels->count + 1) * sizeof *labels->items);
	labels->items[labels->count++] =
		(struct label){.name = xstrdup(name), .list = list, .next = list->count + 1};
	return true;
}

const char *labels_nearest(const struct labels *labels, const char *name)
{
	const char **names = xcalloc(labels->count + 1, sizeof *names), *nearest;

	for (unsigned i = 0; i < labels->count; i++)
		names[i] = labels->items[i].name;
	nearest = spelling_nearest(name, names, labels->count);
	free(names);
	return nearest;
}

void labels_release(struct labels *labels)
{
	for (unsigned i = 0; i < labels->count; i++)
		free(labels->items[i].name);
	free(labels->items);
	*labels = (struct labels){0};
}
