/* sip-caller - a telephone for the command line: calls, or registers and answers. */
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "media/decode.h"
#include "sip-caller/caller.h"

#define RTP_PORT_MIN   20000
#define RTP_PORT_MAX   29999
#define MAX_FILE_BYTES (64 << 20)

/* The local address that faces the first hop. Before the loop runs, so it may wait for DNS. */
static int facing_address(const char *host, char out[INET6_ADDRSTRLEN])
{
	struct addrinfo hints = {.ai_socktype = SOCK_DGRAM}, *found = NULL;
	struct sockaddr_storage ss;
	socklen_t length = sizeof(ss);
	int error = getaddrinfo(host, "5060", &hints, &found), fd, r;

	if (error != 0) {
		fprintf(stderr, "sip-caller: %s: %s\n", host, gai_strerror(error));
		return -1;
	}
	fd = socket(found->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	r = fd < 0 ? -1 : connect(fd, found->ai_addr, found->ai_addrlen);
	if (r == 0)
		r = getsockname(fd, (struct sockaddr *)&ss, &length);
	if (r == 0)
		getnameinfo((struct sockaddr *)&ss, length, out, INET6_ADDRSTRLEN, NULL, 0,
			NI_NUMERICHOST);
	else
		fprintf(stderr, "sip-caller: %s: %s\n", host, strerror(errno));
	if (fd >= 0)
		close(fd);
	freeaddrinfo(found);
	return r;
}

static char *first_hop(const struct options *o)
{
	const char *host, *at;

	if (!o->proxy)
		return xstrdup(o->server_host);
	host = strchr(o->proxy, ':') + 1;
	at = strchr(host, '@');
	host = at ? at + 1 : host;
	if (*host == '[')
		return xstrndup(host + 1, strcspn(host + 1, "]"));
	return xstrndup(host, strcspn(host, ":;?>"));
}

static int open_agent(struct caller *c)
{
	const char *address = c->address;
	struct sip_config sip = {
		.addr = address,
		.any_port = true,
		.udp = true,
		.tcp = c->options.tcp,
		.user_agent = "sip-caller/" PACKAGE_VERSION,
		.outbound_proxy = c->options.proxy,
	};
	struct media_config media = {
		.threads = 1,
		.port_min = RTP_PORT_MIN,
		.port_max = RTP_PORT_MAX,
		.addr4 = strchr(address, ':') ? NULL : address,
		.addr6 = strchr(address, ':') ? address : NULL,
	};
	char *error = NULL;

	c->env.loop = c->loop;
	c->env.media_address = address;
	c->env.codec = c->options.codec;
	c->env.media = media_engine_new(c->loop, &media);
	if (!c->env.media) {
		fprintf(stderr, "sip-caller: media cannot be started\n");
		return -1;
	}
	c->env.agent = sip_agent_new(c->loop, &sip, &caller_sip_handler, c, &error);
	if (!c->env.agent)
		fprintf(stderr, "sip-caller: %s\n", error);
	free(error);
	return c->env.agent ? 0 : -1;
}

static int decode_all(struct caller *c, const char *data, size_t length)
{
	const char *error = NULL;

	for (size_t i = 0; codec_table[i]; i++) {
		c->prompts[i] = prompt_new(codec_table[i]);
		if (decode_file(data, length, 0, NULL, c->prompts[i], &error) < 0) {
			fprintf(stderr, "sip-caller: %s: %s\n", c->options.play, error);
			return -1;
		}
	}
	return 0;
}

static int load_file(struct caller *c)
{
	FILE *file;
	char *data;
	size_t length;
	int r;

	if (!c->options.play)
		return 0;
	file = fopen(c->options.play, "rb");
	if (!file) {
		fprintf(stderr, "sip-caller: %s: %s\n", c->options.play, strerror(errno));
		return -1;
	}
	data = xmalloc(MAX_FILE_BYTES);
	length = fread(data, 1, MAX_FILE_BYTES, file);
	fclose(file);
	r = decode_all(c, data, length);
	free(data);
	return r;
}

static int start(struct caller *c)
{
	char *hop = first_hop(&c->options);
	int r = facing_address(hop, c->address);

	free(hop);
	if (r < 0 || load_file(c) < 0 || open_agent(c) < 0)
		return -1;
	caller_begin(c);
	return 0;
}

static int known_codec(const char *name)
{
	for (size_t i = 0; name && codec_table[i]; i++) {
		if (strcasecmp(codec_table[i]->name, name) == 0)
			return 0;
	}
	return name ? -1 : 0;
}

static int run(struct caller *c)
{
	c->loop = loop_new();
	caller_init(c);
	c->status = EXIT_CALL_FAILED;
	if (start(c) == 0)
		loop_run(c->loop);
	caller_release(c);
	sip_agent_free(c->env.agent);
	media_engine_free(c->env.media);
	for (size_t i = 0; i < ARRAY_SIZE(c->prompts); i++)
		prompt_unref(c->prompts[i]);
	loop_free(c->loop);
	return c->status;
}

int main(int argc, char **argv)
{
	struct caller c = {0};
	int status = options_read(argc, argv, &c.options);

	if (status < 0 && known_codec(c.options.codec) < 0) {
		fprintf(stderr, "sip-caller: %s is not a codec we have\n", c.options.codec);
		status = EXIT_BAD_USAGE;
	}
	if (status < 0) {
		log_set_level(c.options.log_level);
		status = run(&c);
	}
	options_release(&c.options);
	return status;
}
