/* nccoctl - asks nccod over its API; checks and simulates call scripts. Exit: 0 good, 1 faults or
 * failure, 2 usage. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nccoctl/ctl.h"
#include "nccoctl/steer.h"

#define DEFAULT_URL "http://127.0.0.1:8080"

int usage_error(const char *message, const char *what)
{
	fprintf(stderr, "nccoctl: %s%s%s; try nccoctl -h\n", message, what ? ": " : "",
		what ? what : "");
	return 2;
}

const struct command command_table[] = {
	{"call", "call somebody",
		"call [--from WHO] [--say TEXT | --script FILE | --answer URL] [--event URL]\n"
		"\t[--ringing SECONDS] [--length SECONDS] [--trunk NAME] [--application ID]\n"
		"\t[--client-state TEXT] TO\n"
		"\tcalls a number, sip:bob@example.com or user:1001; prints the call's UUID",
		"--from= --say= --script= --answer= --event= --ringing= --length= --trunk= "
		"--application= --client-state=",
		NULL, true, run_call},
	{"calls", "list calls",
		"calls [--status STATUS] [--since TIME] [--until TIME] [--conversation UUID]\n"
		"\t[--limit NUMBER]\n\tlists calls, the latest first",
		"--status= --since= --until= --conversation= --limit=", NULL, false, run_calls},
	{"completion", "print what completes commands in a shell",
		"completion bash|zsh\n\tprints what completes commands in a shell", NULL,
		"bash zsh", false, run_completion},
	{"dtmf", "send digits into a call",
		"dtmf UUID DIGITS\n\tsends digits; p waits half a second", NULL, NULL, false,
		run_steer},
	{"earmuff", "let a party hear nothing", NULL, NULL, NULL, false, run_steer},
	{"fork", "copy a call's sound to a WebSocket",
		"fork [--track TRACK] [--rate HZ] [--dialect DIALECT] UUID URL\n"
		"nccoctl fork --stop UUID\n\tcopies a call's sound to a WebSocket",
		"--track= --rate= --dialect= --stop", NULL, false, run_steer},
	{"hangup", "end a call", NULL, NULL, NULL, false, run_steer},
	{"hold", "put a party on hold", NULL, NULL, NULL, false, run_steer},
	{"lint", "check scripts", "lint FILE...\n\tchecks scripts; - is standard input", NULL, NULL,
		true, run_lint},
	{"listen", "tell a URL which keys a party presses",
		"listen UUID URL\nnccoctl listen --stop UUID\n"
		"\ttells a URL which keys a party presses",
		"--stop", NULL, false, run_steer},
	{"mute", "let nobody hear a party", NULL, NULL, NULL, false, run_steer},
	{"pause", "interrupt a recording", NULL, NULL, NULL, false, run_steer},
	{"record", "record a call",
		"record [--format FORMAT] UUID\nnccoctl record --stop UUID\n\trecords a call",
		"--format= --stop", NULL, false, run_steer},
	{"recordings", "list or fetch recordings",
		"recordings [--application ID] [--limit NUMBER]\n"
		"\tlists recordings, the latest first\n"
		"nccoctl recordings get ID [FILE]\n"
		"\tfetches one, to standard output if no FILE is given",
		"--application= --limit=", "get", true, run_recordings},
	{"resume", "go on with a recording", NULL, NULL, NULL, false, run_steer},
	{"run", "simulate a call",
		"run [--keys KEYS] [--speech TEXT]... [--connect OUTCOME]... [--reply FILE]...\n"
		"\t[--limit SECONDS] [--json] FILE\n"
		"\tsimulates a call: what the caller hears, which webhooks go out;\n"
		"\tat a terminal without --keys you are the caller",
		"--keys= --speech= --connect= --reply= --limit= --json --bench=", NULL, true,
		run_run},
	{"schema", "print the JSON Schema of scripts",
		"schema\n\tprints the JSON Schema of scripts", NULL, NULL, false, run_schema},
	{"show", "show a call", "show UUID\n\tshows a call", NULL, NULL, false, run_show},
	{"spool", "list, retry or drop events that could not be delivered",
		"spool [list]\n"
		"\tlists events that could not be delivered\n"
		"nccoctl spool retry\n"
		"\ttries to deliver them now\n"
		"nccoctl spool drop ID...\n"
		"\tforgets some",
		NULL, "drop list retry", false, run_spool},
	{"status", "say what nccod does", "status\n\tsays what nccod does", NULL, NULL, false,
		run_status},
	{"stream", "play a sound into a call",
		"stream [--loop NUMBER] [--level LEVEL] UUID URL\nnccoctl stream --stop UUID\n"
		"\tplays a sound into a call",
		"--loop= --level= --stop", NULL, false, run_steer},
	{"talk", "say something in a call",
		"talk [--language TAG] [--style NUMBER] [--loop NUMBER] [--level LEVEL] UUID TEXT\n"
		"nccoctl talk --stop UUID\n\tsays something in a call",
		"--language= --style= --loop= --level= --stop", NULL, false, run_steer},
	{"timeline", "draw what has happened in a call",
		"timeline UUID\n\tdraws what has happened in a call", NULL, NULL, false,
		run_timeline},
	{"transfer", "give a call another script",
		"transfer UUID URL|FILE\n\tgives a call another script", NULL, NULL, true,
		run_steer},
	{"unearmuff", "let a party hear again", NULL, NULL, NULL, false, run_steer},
	{"unhold", "take a party back from hold", NULL, NULL, NULL, false, run_steer},
	{"unmute", "let others hear a party again", NULL, NULL, NULL, false, run_steer},
	{NULL, NULL, NULL, NULL, NULL, false, NULL},
};

static int print_help(void)
{
	puts("usage: nccoctl [-hV] [-u URL] [-k KEY] [--json] COMMAND [ARGUMENT]...\n\n"
	     "  -u URL   nccod's HTTP server; default $NCCOD_URL, else " DEFAULT_URL "\n"
	     "  -k KEY   API key or token; default $NCCOD_KEY, which others cannot see\n"
	     "  --json   prints what nccod answers, for programs\n");
	for (const struct command *c = command_table; c->name; c++) {
		if (c->synopsis)
			printf("nccoctl %s\n", c->synopsis);
		else
			printf("nccoctl %s UUID\n\t%s\n", c->name, c->summary);
	}
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
	for (const struct command *c = command_table; c->name; c++) {
		if (strcmp(argv[optind], c->name) == 0)
			return c->run(&ctl, argc - optind, argv + optind);
	}
	return usage_error("unknown command", argv[optind]);
}
