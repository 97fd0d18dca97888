/* nccoctl - asks nccod over its API; checks and simulates call scripts. Exit: 0 good, 1 faults or
 * failure, 2 usage. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "nccoctl/ctl.h"

#define DEFAULT_URL "http://127.0.0.1:8080"

struct command {
	const char *name;
	const char *synopsis;
	int (*run)(const struct ctl *ctl, int argc, char **argv);
};

int usage_error(const char *message, const char *what)
{
	fprintf(stderr, "nccoctl: %s%s%s; try nccoctl -h\n", message, what ? ": " : "",
		what ? what : "");
	return 2;
}

static const struct command command_table[] = {
	{"lint", "lint FILE...\n\tchecks scripts; - is standard input", run_lint},
	{"recordings",
		"recordings [--application ID] [--limit NUMBER]\n"
		"\tlists recordings, the latest first\n"
		"nccoctl recordings get ID [FILE]\n"
		"\tfetches one, to standard output if no FILE is given",
		run_recordings},
	{"run",
		"run [--keys KEYS] [--speech TEXT]... [--connect OUTCOME]... [--reply FILE]...\n"
		"\t[--limit SECONDS] [--json] FILE\n"
		"\tsimulates a call: what the caller hears, which webhooks go out;\n"
		"\tat a terminal without --keys you are the caller",
		run_run},
	{"schema", "schema\n\tprints the JSON Schema of scripts", run_schema},
	{"spool",
		"spool [list]\n"
		"\tlists events that could not be delivered\n"
		"nccoctl spool retry\n"
		"\ttries to deliver them now\n"
		"nccoctl spool drop ID...\n"
		"\tforgets some",
		run_spool},
	{"status", "status\n\tsays what nccod does", run_status},
};

static int print_help(void)
{
	puts("usage: nccoctl [-hV] [-u URL] [-k KEY] [--json] COMMAND [ARGUMENT]...\n\n"
	     "  -u URL   nccod's HTTP server; default $NCCOD_URL, else " DEFAULT_URL "\n"
	     "  -k KEY   API key or token; default $NCCOD_KEY, which others cannot see\n"
	     "  --json   prints what nccod answers, for programs\n");
	for (size_t i = 0; i < ARRAY_SIZE(command_table); i++)
		printf("nccoctl %s\n", command_table[i].synopsis);
	return 0;
}

static const char *from_environment(const char *name, const char *fallback)
{
	const char *value = getenv(name);

	return value && *value ? value : fallback;
}

/* Returns -1 to go on, else the exit status. */
static int read_options(struct ctl *ctl, int argc, char **argv)
{
	static const struct option longs[] = {
		{"help", no_argument, NULL, 'h'},
		{"version", no_argument, NULL, 'V'},
		{"url", required_argument, NULL, 'u'},
		{"key", required_argument, NULL, 'k'},
		{"json", no_argument, NULL, 'j'},
		{NULL, 0, NULL, 0},
	};
	int option;

	while ((option = getopt_long(argc, argv, "+hVu:k:", longs, NULL)) != -1) {
		switch (option) {
		case 'h':
			return print_help();
		case 'V':
			puts("nccoctl " PACKAGE_VERSION);
			return 0;
		case 'u':
			ctl->url = optarg;
			break;
		case 'k':
			ctl->key = optarg;
			break;
		case 'j':
			ctl->json = true;
			break;
		default:
			return 2;
		}
	}
	return -1;
}

int main(int argc, char **argv)
{
	struct ctl ctl = {.url = from_environment("NCCOD_URL", DEFAULT_URL),
		.key = from_environment("NCCOD_KEY", NULL)};
	int status = read_options(&ctl, argc, argv);

	if (status >= 0)
		return status;
	if (optind == argc)
		return usage_error("a command is missing", NULL);
	for (size_t i = 0; i < ARRAY_SIZE(command_table); i++) {
		if (strcmp(argv[optind], command_table[i].name) == 0)
			return command_table[i].run(&ctl, argc - optind, argv + optind);
	}
	return usage_error("unknown command", argv[optind]);
}
