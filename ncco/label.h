/* label.h - the places of a document that `goto` can reach. Private to ncco/. */
#ifndef NCCO_LABEL_H
#define NCCO_LABEL_H

#include "ncco/verb.h"

struct label {
	char *name;
	const struct step_list *list;
	unsigned next; /* the step behind the label */
};

struct labels {
	struct label *items;
	unsigned count;
};

const struct label *labels_find(const struct labels *labels, const char *name); /* or NULL */
/* False: there is one of that name. */
bool labels_add(struct labels *labels, const char *name, const struct step_list *list);
const char *labels_nearest(const struct labels *labels, const char *name); /* or NULL */
void labels_release(struct labels *labels);

#endif
