/* nccoctl completion: what bash and zsh are to know, from the table of commands. */
#include <stdio.h>
#include <string.h>

#include "nccoctl/ctl.h"

static const char bash_head[] =
	"# Completion of nccoctl(1) for bash.\n\n"
	"_nccoctl()\n{\n"
	"\tlocal current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}\n"
	"\tlocal command=\"\" words=\"\" values=\"-u -k --url --key\" files=\"\" i\n\n"
	"\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
	"\t\tcase ${COMP_WORDS[i]} in\n"
	"\t\t-u | -k | --url | --key) ((i++)) ;;\n"
	"\t\t-*) ;;\n"
	"\t\t*)\n\t\t\tcommand=${COMP_WORDS[i]}\n\t\t\tbreak\n\t\t\t;;\n"
	"\t\tesac\n\tdone\n"
	"\tcase $command in\n";

static const char bash_tail[] = "\tesac\n"
				"\tcase \" $values \" in\n"
				"\t*\" $previous \"*)\n"
				"\t\tcase $previous in --reply | --script) COMPREPLY=($(compgen -f "
				"-- \"$current\")) ;; esac\n"
				"\t\treturn\n\t\t;;\n"
				"\tesac\n"
				"\tCOMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
				"\tif [ -n \"$files\" ] && [[ $current != -* ]]; then\n"
				"\t\tCOMPREPLY+=($(compgen -f -- \"$current\"))\n"
				"\tfi\n"
				"}\n\n"
				"complete -o filenames -F _nccoctl nccoctl\n";

/* The options of a command, those with a value alone if wanted, each after a space. */
static void print_options(const char *options, bool values_only)
{
	while (options && *options) {
		size_t length = strcspn(options, " ");
		bool value = options[length - 1] == '=';

		if (value || !values_only)
			printf(" %.*s", (int)(length - value), options);
		options += length + strspn(options + length, " ");
	}
}

static void print_bash(void)
{
	fputs(bash_head, stdout);
	fputs("\t\"\") words=\"", stdout);
	for (const struct command *c = command_table; c->name; c++)
		printf("%s ", c->name);
	puts("-u -k --url --key --json --help --version\" ;;");
	for (const struct command *c = command_table; c->name; c++) {
		printf("\t%s)\n\t\twords=\"%s", c->name, c->words ? c->words : "");
		print_options(c->options, false);
		fputs("\"\n\t\tvalues+=\"", stdout);
		print_options(c->options, true);
		printf("\"\n\t\tfiles=%s\n\t\t;;\n", c->files ? "yes" : "");
	}
	fputs(bash_tail, stdout);
}

static void print_zsh_command(const struct command *c)
{
	const char *options = c->options;

	printf("\t%s) _arguments", c->name);
	while (options && *options) {
		size_t length = strcspn(options, " ");
		bool value = options[length - 1] == '=';

		printf(" '*%.*s%s'", (int)(length - value), options, value ? ":value:_files" : "");
		options += length + strspn(options + length, " ");
	}
	if (c->words)
		printf(" '1:word:(%s)'", c->words);
	printf(" '*:argument:%s' ;;\n", c->files ? "_files" : "");
}

static void print_zsh(void)
{
	puts("#compdef nccoctl\n# Completion of nccoctl(1) for zsh.\n\nlocal -a "
	     "commands\ncommands=(");
	for (const struct command *c = command_table; c->name; c++)
		printf("\t\"%s:%s\"\n", c->name, c->summary);
	puts(")\n\n_arguments -C \\\n"
	     "\t'(-u --url)'{-u,--url}'[URL of nccod]:URL:_urls' \\\n"
	     "\t'(-k --key)'{-k,--key}'[API key or token]:key:' \\\n"
	     "\t'--json[print what programs read]' \\\n"
	     "\t'(- *)'{-h,--help}'[print a summary]' \\\n"
	     "\t'(- *)'{-V,--version}'[print the version]' \\\n"
	     "\t'1:command:{_describe command commands}' \\\n"
	     "\t'*::argument:->arguments'\n\n"
	     "[[ $state == arguments ]] || return\ncase $words[1] in");
	for (const struct command *c = command_table; c->name; c++)
		print_zsh_command(c);
	puts("esac");
}

int run_completion(const struct ctl *ctl, int argc, char **argv)
{
	(void)ctl;
	if (argc == 2 && strcmp(argv[1], "bash") == 0)
		print_bash();
	else if (argc == 2 && strcmp(argv[1], "zsh") == 0)
		print_zsh();
	else
		return usage_error("completion is for bash or zsh", NULL);
	return 0;
}
