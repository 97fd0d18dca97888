/* hearing.h - who of a conversation hears a leg and whom it hears, as conversation and transfer
 * take it. Private to ncco/. */
#ifndef NCCO_HEARING_H
#define NCCO_HEARING_H

#include "ncco/verb.h"

#define HEARING_MAX_LEGS 50

struct hearing {
	char **can_speak, **can_hear; /* NULL: everybody */
	bool mute;
};

#define HEARING_PARAMS(type_)                                                             \
	{.name = "canSpeak",                                                              \
		.type = PARAM_LINE_LIST,                                                  \
		.max = 64,                                                                \
		.most = HEARING_MAX_LEGS,                                                 \
		.offset = offsetof(type_, hearing.can_speak),                             \
		.help = "uuids of the legs that hear this one; without it all do, with "  \
			"an empty array none."},                                          \
		{.name = "canHear",                                                       \
			.type = PARAM_LINE_LIST,                                          \
			.max = 64,                                                        \
			.most = HEARING_MAX_LEGS,                                         \
			.offset = offsetof(type_, hearing.can_hear),                      \
			.help = "uuids of the legs that this one hears; without it all, " \
				"with an empty array none."},                             \
	{                                                                                 \
		.name = "mute", .type = PARAM_BOOL, .fallback = "false",                  \
		.offset = offsetof(type_, hearing.mute),                                  \
		.help = "Nobody hears this leg; not together with canSpeak."              \
	}

static inline void hearing_check(const struct hearing *hearing, struct reader *reader)
{
	if (hearing->mute && hearing->can_speak)
		reader_fault_at(reader, "mute", "cannot be true beside \"canSpeak\"");
}

#endif
