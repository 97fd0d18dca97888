/* Scripts: lint, run, schema. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "ncco/document.h"
#include "ncco/schema.h"
#include "ncco/sim.h"
#include "nccoctl/ctl.h"
#include "nccoctl/terminal.h"

#define MAX_FILE     (16u << 20)
#define MAX_REPLIES  64
#define MAX_OUTCOMES 64
#define MAX_SPEECHES 64

/* The whole file, "-" is standard input. 0 or a negative errno. */
static int read_file(const char *path, struct strbuf *ret_text)
{
	FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "r");
	char part[4096];
	size_t length;
	int err = 0;

	if (!file)
		return -errno;
	while (ret_text->length < MAX_FILE && (length = fread(part, 1, sizeof part, file)) > 0)
		strbuf_add(ret_text, part, length);
	if (ferror(file))
		err = errno ? -errno : -EIO;
	else if (ret_text->length >= MAX_FILE)
		err = -EFBIG;
	if (file != stdin)
		fclose(file);
	return err;
}

/* Lines and columns count from 1, columns in characters. */
static void print_fault(
	FILE *out, const char *path, const struct strbuf *text, const struct ncco_fault *fault)
{
	unsigned line = 1, column = 1;

	for (size_t i = 0; i < fault->offset && i < text->length; i++) {
		if (text->data[i] == '\n') {
			line++;
			column = 1;
		} else if (((unsigned char)text->data[i] & 0xc0) != 0x80) {
			column++;
		}
	}
	fprintf(out, "%s:%u:%u: %s: %s\n", strcmp(path, "-") == 0 ? "<stdin>" : path, line, column,
		*fault->pointer ? fault->pointer : "document", fault->message);
}

/* A document without faults, or NULL after telling them to `out`. */
static struct ncco_document *load(const char *path, FILE *out)
{
	struct strbuf text = STRBUF_INIT;
	struct ncco_document *document = NULL;
	struct ncco_faults faults = {0};
	int err = read_file(path, &text);

	if (err < 0)
		fprintf(stderr, "nccoctl: %s: %s\n", path, strerror(-err));
	else
		ncco_parse_text(text.data, text.length, NULL, NULL, &document, &faults);
	for (size_t i = 0; i < faults.count; i++)
		print_fault(out, path, &text, &faults.items[i]);
	ncco_faults_release(&faults);
	strbuf_release(&text);
	return document;
}

/* The same of an answer to a webhook; false after telling faults. */
static bool load_answer(const char *path, struct sim_reply *ret_reply)
{
	struct strbuf text = STRBUF_INIT;
	struct ncco_faults faults = {0};
	int err = read_file(path, &text);

	if (err < 0)
		fprintf(stderr, "nccoctl: %s: %s\n", path, strerror(-err));
	else
		err = ncco_parse_answer(text.data, text.length, NULL, NULL, &ret_reply->document,
			&ret_reply->data, &faults);
	for (size_t i = 0; i < faults.count; i++)
		print_fault(stderr, path, &text, &faults.items[i]);
	ncco_faults_release(&faults);
	strbuf_release(&text);
	return err == 0;
}

int run_lint(const struct ctl *ctl, int argc, char **argv)
{
	int status = 0;

	(void)ctl;
	if (argc < 2)
		return usage_error("lint wants a FILE", NULL);
	for (int i = 1; i < argc; i++) {
		struct ncco_document *document = load(argv[i], stdout);

		if (!document)
			status = 1;
		ncco_document_free(document);
	}
	return status;
}

int run_schema(const struct ctl *ctl, int argc, char **argv)
{
	struct json_object *schema;

	(void)ctl;
	if (argc > 1)
		return usage_error("schema takes no argument", argv[1]);
	schema = schema_new();
	printf("%s\n", json_object_to_json_string_ext(
			       schema, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(schema);
	return 0;
}

static int bench(const char *path, unsigned long steps)
{
	struct strbuf text = STRBUF_INIT;
	int err = read_file(path, &text);
	double rate = err < 0 ? err : sim_bench(text.data, text.length, steps);

	strbuf_release(&text);
	if (rate < 0) {
		fprintf(stderr, "nccoctl: %s: %s\n", path,
			err < 0 ? strerror(-err) : "has faults, or no steps");
		return 1;
	}
	printf("%.0f steps/s\n", rate);
	return 0;
}

/* Whether the text is wholly a number of at least `min`. */
static bool read_number(const char *text, double min, double *ret_number)
{
	char *end;
	double number = strtod(text, &end);

	if (end == text || *end || !(number >= min && number <= 1e9))
		return false;
	*ret_number = number;
	return true;
}

struct run_arguments {
	struct sim_options options;
	struct sim_reply replies[MAX_REPLIES];
	const char *outcomes[MAX_OUTCOMES];
	const char *speeches[MAX_SPEECHES];
	double bench;
	const char *file;
};

/* What becomes of the next who is called. */
static int add_outcome(struct run_arguments *args, const char *outcome)
{
	for (size_t i = 0; sim_outcomes[i]; i++) {
		if (strcmp(sim_outcomes[i], outcome) != 0)
			continue;
		if (args->options.outcome_count == MAX_OUTCOMES)
			return usage_error("too many --connect", NULL);
		args->outcomes[args->options.outcome_count++] = sim_outcomes[i];
		return 0;
	}
	return usage_error("--connect is answered, machine, busy, failed, rejected, unanswered, "
			   "timeout or full",
		outcome);
}

static int run_option(struct run_arguments *args, int option)
{
	switch (option) {
	case 'k':
		if (strspn(optarg, "0123456789*#ABCDw") != strlen(optarg))
			return usage_error("--keys are 0-9 * # A-D and w", optarg);
		args->options.keys = optarg;
		return 0;
	case 'l':
		return read_number(optarg, 0, &args->options.limit)
			       ? 0
			       : usage_error("--limit wants seconds", optarg);
	case 'b':
		return read_number(optarg, 1, &args->bench)
			       ? 0
			       : usage_error("--bench wants a number of steps", optarg);
	case 'c':
		return add_outcome(args, optarg);
	case 's':
		if (args->options.speech_count == MAX_SPEECHES)
			return usage_error("too many --speech", NULL);
		args->speeches[args->options.speech_count++] = optarg;
		return 0;
	case 'j':
		args->options.json = true;
		return 0;
	case 'r':
		if (args->options.reply_count == MAX_REPLIES)
			return usage_error("too many --reply", NULL);
		return load_answer(optarg, &args->replies[args->options.reply_count++]) ? 0 : 1;
	default:
		return usage_error("run does not know that option", NULL);
	}
}

static int run_arguments(struct run_arguments *args, int argc, char **argv)
{
	static const struct option longs[] = {
		{"keys", required_argument, NULL, 'k'},
		{"limit", required_argument, NULL, 'l'},
		{"reply", required_argument, NULL, 'r'},
		{"bench", required_argument, NULL, 'b'},
		{"connect", required_argument, NULL, 'c'},
		{"speech", required_argument, NULL, 's'},
		{"json", no_argument, NULL, 'j'},
		{NULL, 0, NULL, 0},
	};
	int option, status = 0;

	optind = 0;
	while (status == 0 && (option = getopt_long(argc, argv, "", longs, NULL)) != -1)
		status = run_option(args, option);
	if (status == 0 && optind != argc - 1)
		return usage_error("run wants one FILE", NULL);
	args->file = argv[argc - 1];
	return status;
}

/* Somebody at the terminal is the caller, unless the keys are given or it has the script. */
static void simulate(struct ncco_document *document, struct run_arguments *args)
{
	bool ask = !args->options.keys && strcmp(args->file, "-") != 0;
	struct terminal *terminal = ask ? terminal_open(load_answer) : NULL;

	if (terminal)
		args->options.caller = terminal_caller(terminal);
	sim_run(document, &args->options);
	terminal_close(terminal);
}

int run_run(const struct ctl *ctl, int argc, char **argv)
{
	struct run_arguments args = {.options = {.limit = 300, .out = stdout}};
	struct ncco_document *document;
	int status;

	(void)ctl;
	args.options.replies = args.replies;
	args.options.outcomes = args.outcomes;
	args.options.speeches = args.speeches;
	status = run_arguments(&args, argc, argv);
	if (status == 0 && args.bench > 0) {
		status = bench(args.file, (unsigned long)args.bench);
	} else if (status == 0) {
		document = load(args.file, stderr);
		if (document)
			simulate(document, &args);
		else
			status = 1;
	}
	for (size_t i = 0; i < args.options.reply_count; i++) {
		ncco_document_free(args.replies[i].document);
		json_object_put(args.replies[i].data);
	}
	return status;
}
