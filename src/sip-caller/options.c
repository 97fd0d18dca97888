#include "sip-caller/options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "sip/agent.h"

#define DEFAULT_TIMEOUT_S 60.0
#define LONGEST_S	  86400.0

static const char usage_text[] =
	"usage: sip-caller --server URI --user USER[@DOMAIN] --password SECRET\n"
	"                  [--outbound-proxy URI] [--target URI] [options]\n"
	"\n"
	"With --target it calls; without, it registers and answers calls.\n"
	"\n"
	"  -s, --server URI          sip:host[:port][;transport=udp|tcp]     SIP_SERVER\n"
	"  -u, --user USER[@DOMAIN]  without @ the server's host is domain   SIP_USER\n"
	"  -p, --password SECRET                                             SIP_PASSWORD\n"
	"  -o, --outbound-proxy URI  with ;lr a Route, without strict        SIP_OUTBOUND_PROXY\n"
	"  -t, --target URI          sip:bob@host, or bob, or a number       SIP_TARGET\n"
	"      --play FILE           plays WAV, MP3, Ogg or FLAC after the answer\n"
	"      --record FILE         writes what is heard as WAV\n"
	"      --dtmf DIGITS         sends them after the answer; w waits 500 ms\n"
	"      --expect-dtmf DIGITS  fails unless these digits are heard\n"
	"      --codec NAME          offers this codec only (PCMU, PCMA)\n"
	"      --duration S          hangs up S seconds after the answer\n"
	"      --timeout S           waits S seconds for the answer (60)\n"
	"      --json                one JSON object for each event on standard output\n"
	"      --log-level LEVEL     error, warn, info, debug (error; RUST_LOG=debug too)\n"
	"  -V, --version             -h, --help\n"
	"\n"
	"Exit status: 0 worked, 1 failed, 2 usage, 3 no answer in time. See sip-caller(1).\n";

enum {
	OPT_PLAY = 256,
	OPT_RECORD,
	OPT_DTMF,
	OPT_EXPECT,
	OPT_CODEC,
	OPT_DURATION,
	OPT_TIMEOUT,
	OPT_JSON,
	OPT_LOG
};

static const struct option long_options[] = {
	{"server", required_argument, NULL, 's'},
	{"user", required_argument, NULL, 'u'},
	{"password", required_argument, NULL, 'p'},
	{"outbound-proxy", required_argument, NULL, 'o'},
	{"target", required_argument, NULL, 't'},
	{"play", required_argument, NULL, OPT_PLAY},
	{"record", required_argument, NULL, OPT_RECORD},
	{"dtmf", required_argument, NULL, OPT_DTMF},
	{"expect-dtmf", required_argument, NULL, OPT_EXPECT},
	{"codec", required_argument, NULL, OPT_CODEC},
	{"duration", required_argument, NULL, OPT_DURATION},
	{"timeout", required_argument, NULL, OPT_TIMEOUT},
	{"json", no_argument, NULL, OPT_JSON},
	{"log-level", required_argument, NULL, OPT_LOG},
	{"version", no_argument, NULL, 'V'},
	{"help", no_argument, NULL, 'h'},
	{0},
};

/* Raw texts as given, before they are checked. */
struct raw {
	const char *server, *user, *password, *proxy, *target;
};

static int bad(const char *format, const char *value)
{
	fputs("sip-caller: ", stderr);
	fprintf(stderr, "%s: %s\n", format, value);
	return EXIT_BAD_USAGE;
}

static int read_seconds(const char *name, const char *text, double *out)
{
	char *end;
	double value = strtod(text, &end);

	if (*end || end == text || !(value > 0) || value > LONGEST_S) {
		fprintf(stderr, "sip-caller: %s wants seconds from 0.001 to %.0f, not \"%s\"\n",
			name, LONGEST_S, text);
		return EXIT_BAD_USAGE;
	}
	*out = value;
	return -1;
}

static int read_digits(const char *name, const char *text, const char **out)
{
	if (!*text || text[strspn(text, "0123456789*#ABCDabcdwWp")]) {
		fprintf(stderr, "sip-caller: %s takes 0-9 * # A-D and w, not \"%s\"\n", name, text);
		return EXIT_BAD_USAGE;
	}
	*out = text;
	return -1;
}

static int read_one(int c, const char *value, struct options *o, struct raw *raw)
{
	switch (c) {
	case 's':
		raw->server = value;
		break;
	case 'u':
		raw->user = value;
		break;
	case 'p':
		raw->password = value;
		break;
	case 'o':
		raw->proxy = value;
		break;
	case 't':
		raw->target = value;
		break;
	case OPT_PLAY:
		o->play = value;
		break;
	case OPT_RECORD:
		o->record = value;
		break;
	case OPT_DTMF:
		return read_digits("--dtmf", value, &o->dtmf);
	case OPT_EXPECT:
		return read_digits("--expect-dtmf", value, &o->expect_dtmf);
	case OPT_CODEC:
		o->codec = value;
		break;
	case OPT_DURATION:
		return read_seconds("--duration", value, &o->duration);
	case OPT_TIMEOUT:
		return read_seconds("--timeout", value, &o->timeout);
	case OPT_JSON:
		o->json = true;
		break;
	case OPT_LOG:
		return log_level_parse(value, &o->log_level) == 0
			       ? -1
			       : bad("--log-level takes error, warn, info or debug, not", value);
	case 'V':
		puts("sip-caller " PACKAGE_VERSION);
		return 0;
	case 'h':
		fputs(usage_text, stdout);
		return 0;
	default:
		fputs("Try sip-caller --help.\n", stderr);
		return EXIT_BAD_USAGE;
	}
	return -1;
}

static bool has_scheme(const char *uri)
{
	return strncasecmp(uri, "sip:", 4) == 0 || strncasecmp(uri, "sips:", 5) == 0;
}

static int check_uri(const char *what, const char *uri)
{
	char *error = NULL;

	if (sip_uri_check(uri, &error) == 0)
		return -1;
	fprintf(stderr, "sip-caller: %s: %s\n", what, error);
	free(error);
	return EXIT_BAD_USAGE;
}

/* The host of a checked SIP URI, without port, parameters and brackets; malloc'd. */
static char *uri_host(const char *uri)
{
	const char *host = strchr(uri, ':') + 1;
	const char *at = strchr(host, '@');

	if (at)
		host = at + 1;
	if (*host == '[')
		return xstrndup(host + 1, strcspn(host + 1, "]"));
	return xstrndup(host, strcspn(host, ":;?>"));
}

/* The transport that a URI asks for: -1 and *ret_tcp, or the exit status. */
static int read_transport(const char *uri, bool *ret_tcp)
{
	const char *parameter = strcasestr(uri, ";transport=");
	const char *name = parameter ? parameter + 11 : "udp";
	size_t length = strcspn(name, ";?>");

	if (strncasecmp(uri, "sips:", 5) != 0 && length == 3 &&
		(strncasecmp(name, "udp", 3) == 0 || strncasecmp(name, "tcp", 3) == 0)) {
		*ret_tcp = strncasecmp(name, "tcp", 3) == 0;
		return -1;
	}
	return bad("the transports are udp and tcp; this wants another", uri);
}

static char *bracketed(const char *host)
{
	return strchr(host, ':') ? xasprintf("[%s]", host) : xstrdup(host);
}

static int take_server(struct options *o, const char *server)
{
	int status;

	o->server = has_scheme(server) ? xstrdup(server) : xasprintf("sip:%s", server);
	status = check_uri("--server", o->server);
	if (status < 0)
		o->server_host = uri_host(o->server);
	return status;
}

static void take_user(struct options *o, const char *user)
{
	const char *at;

	if (strncasecmp(user, "sip:", 4) == 0)
		user += 4;
	at = strchr(user, '@');
	o->user = at ? xstrndup(user, (size_t)(at - user)) : xstrdup(user);
	o->domain = at ? xstrdup(at + 1) : bracketed(o->server_host);
}

static int take_target(struct options *o, const char *target)
{
	if (has_scheme(target))
		o->target = xstrdup(target);
	else if (strchr(target, '@'))
		o->target = xasprintf("sip:%s", target);
	else
		o->target = xasprintf("sip:%s@%s", target, o->domain);
	return check_uri("--target", o->target);
}

static int take(struct options *o, const struct raw *raw)
{
	int status;

	if (!raw->server || !*raw->server)
		return bad("no server", "give --server or set SIP_SERVER");
	if (!raw->user || !*raw->user)
		return bad("no user", "give --user or set SIP_USER");
	status = take_server(o, raw->server);
	if (status >= 0)
		return status;
	take_user(o, raw->user);
	o->password = xstrdup(raw->password ? raw->password : "");
	if (raw->proxy && *raw->proxy) {
		o->proxy = has_scheme(raw->proxy) ? xstrdup(raw->proxy)
						  : xasprintf("sip:%s", raw->proxy);
		status = check_uri("--outbound-proxy", o->proxy);
		if (status >= 0)
			return status;
	}
	status = read_transport(o->proxy ? o->proxy : o->server, &o->tcp);
	if (status >= 0)
		return status;
	return raw->target && *raw->target ? take_target(o, raw->target) : -1;
}

int options_read(int argc, char **argv, struct options *options)
{
	const char *rust_log = getenv("RUST_LOG");
	struct raw raw = {
		.server = getenv("SIP_SERVER"),
		.user = getenv("SIP_USER"),
		.password = getenv("SIP_PASSWORD"),
		.proxy = getenv("SIP_OUTBOUND_PROXY"),
		.target = getenv("SIP_TARGET"),
	};
	int c, status;

	*options = (struct options){.timeout = DEFAULT_TIMEOUT_S, .log_level = LOG_LEVEL_ERROR};
	/* RUST_LOG may name targets and levels that are not ours: those mean info. */
	if (rust_log && *rust_log && log_level_parse(rust_log, &options->log_level) < 0)
		options->log_level = LOG_LEVEL_INFO;
	while ((c = getopt_long(argc, argv, "s:u:p:o:t:Vh", long_options, NULL)) != -1) {
		status = read_one(c, optarg, options, &raw);
		if (status >= 0)
			return status;
	}
	if (optind < argc)
		return bad("unexpected argument", argv[optind]);
	return take(options, &raw);
}

void options_release(struct options *o)
{
	free(o->server);
	free(o->server_host);
	free(o->user);
	free(o->domain);
	free(o->password);
	free(o->proxy);
	free(o->target);
}
