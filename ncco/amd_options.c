#include "ncco/amd_options.h"

#include <string.h>

/* In the order of enum ncco_amd_mode. */
const char *const amd_modes[] = {"default", "detect", "detect_beep", NULL};
const char *const amd_behaviors[] = {"continue", "hangup", NULL};

void amd_fill(const struct amd_options *options, struct ncco_amd *ret_amd)
{
	enum ncco_amd_mode mode = NCCO_AMD_ASYNC;

	while (options->mode && strcmp(options->mode, amd_modes[mode]) != 0)
		mode++;
	*ret_amd = (struct ncco_amd){
		.hangup = options->behavior && strcmp(options->behavior, "hangup") == 0,
		.mode = mode,
		.beep_timeout_s = (unsigned)options->beep_timeout,
	};
}
