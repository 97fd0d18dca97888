#include "ncco/authorization.h"

const char *const authorization_types[] = {"vonage", "custom", NULL};

void authorization_check(const struct authorization *authorization, struct reader *reader)
{
	if (authorization->type && strcmp(authorization->type, "custom") == 0 &&
		!authorization->value)
		reader_fault_at(reader, "authorization", "of type \"custom\" needs a \"value\"");
}
