/* sim_private.h - the simulated world: sim.c lets time pass in it, sim_host.c does what a script
 * asks. Private to ncco/. */
#ifndef NCCO_SIM_PRIVATE_H
#define NCCO_SIM_PRIVATE_H

#include "base/clock.h"
#include "ncco/host.h"
#include "ncco/sim.h"

#define SIM_NEVER UINT64_MAX

/* What is on its way, in the order in which it comes when it comes at the same time. */
enum sim_slot {
	SIM_SOUND,
	SIM_SENT,
	SIM_RECORDED,
	SIM_POSITION,
	SIM_CONNECTED,
	SIM_ROOM,
	SIM_SPEECH,
	SIM_AMD,
	SIM_REFERRED,
	SIM_TIMER,
	SIM_SLOTS
};

struct sim_pending {
	uint64_t at; /* SIM_NEVER: nothing */
	struct ncco_event event;
};

struct sim {
	const struct sim_options *options;
	const char *keys;
	size_t replies;
	size_t outcomes;
	size_t speeches;
	uint64_t silence;	/* at the end of speech, of the recognition that runs */
	uint64_t start_timeout; /* SIM_NEVER: none */
	uint64_t now;
	struct sim_pending pending[SIM_SLOTS];
	uint64_t key_at;
	struct json_object *data; /* of the event that is being told */
	bool listening;
	bool requested;
	bool redirecting;
	bool machine;	/* was who answered last */
	bool connected; /* somebody else is there */
	bool over;
	bool gone; /* the caller */
};

extern const struct ncco_host sim_host;

/* What the caller says next has begun: it ends after its time, which the text takes. */
void sim_speak(struct sim *sim);

/* One line: the time, what it is, and its text. */
void sim_say(struct sim *sim, const char *what, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
