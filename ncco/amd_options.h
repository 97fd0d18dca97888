/* amd_options.h - how it is found out whether a person or a machine answers, as connect and amd
 * take it. Private to ncco/. */
#ifndef NCCO_AMD_OPTIONS_H
#define NCCO_AMD_OPTIONS_H

#include "ncco/verb.h"

struct amd_options {
	char *behavior;
	char *mode;
	int beep_timeout; /* seconds */
};

extern const char *const amd_behaviors[], *const amd_modes[];

#define AMD_BEHAVIOR(type_, member_)                                               \
	.type = PARAM_CHOICE, .values = amd_behaviors, .fallback = "\"continue\"", \
	.offset = offsetof(type_, member_.behavior),                               \
	.help = "What follows when a machine answers: continue, or hangup."
#define AMD_MODE(type_, member_)                                                   \
	.type = PARAM_CHOICE, .values = amd_modes, .fallback = "\"default\"",      \
	.offset = offsetof(type_, member_.mode),                                   \
	.help = "default: the script goes on meanwhile; detect: it waits for the " \
		"result; detect_beep: also for the beep of a machine."
#define AMD_BEEP(type_, member_)                                    \
	.type = PARAM_INT, .min = 45, .max = 120, .fallback = "45", \
	.offset = offsetof(type_, member_.beep_timeout),            \
	.help = "Seconds that a beep is waited for."

#define AMD_PARAMS(type_, member_)                                                           \
	{.name = "behavior", .aliases = {"behaviour"}, AMD_BEHAVIOR(type_, member_)},        \
		{.name = "mode", AMD_MODE(type_, member_)},                                  \
	{                                                                                    \
		.name = "beep_timeout", .aliases = {"beepTimeout"}, AMD_BEEP(type_, member_) \
	}

/* Without the members that tell who hears of it. */
void amd_fill(const struct amd_options *options, struct ncco_amd *ret_amd);

#endif
