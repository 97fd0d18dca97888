#include "call/location.h"

#include <string.h>

const char *location_find(const struct config *config, const char *user)
{
	for (size_t i = 0; i < config->proxy.contact_count; i++) {
		const struct config_contact *contact = &config->proxy.contacts[i];

		if (strcmp(contact->user, user) == 0)
			return contact->uri;
	}
	return NULL;
}
