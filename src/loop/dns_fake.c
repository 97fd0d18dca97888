#include "loop/dns_fake.h"

#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/strbuf.h"

#define MAX_RECORDS  64
#define HEADER_BYTES 12

struct record {
	char *name;
	uint16_t type;
	struct strbuf data; /* as on the wire */
};

struct dns_fake {
	int fd;
	struct event *event;
	char address[32];
	struct record records[MAX_RECORDS];
	size_t count;
	struct strbuf asked;
};

static void add16(struct strbuf *out, unsigned value)
{
	strbuf_addc(out, (char)(value >> 8));
	strbuf_addc(out, (char)value);
}

/* "a.example" as labels with their lengths. */
static void add_name(struct strbuf *out, const char *name)
{
	while (*name && *name != '.') {
		size_t length = strcspn(name, ".");

		strbuf_addc(out, (char)length);
		strbuf_add(out, name, length);
		name += length + (name[length] == '.');
	}
	strbuf_addc(out, '\0');
}

/* The name of a question; returns the bytes that it takes, 0 when it is none. */
static size_t read_name(const uint8_t *data, size_t length, struct strbuf *out)
{
	size_t at = 0;

	while (at < length && data[at]) {
		size_t label = data[at++];

		if (label > 63 || at + label >= length)
			return 0;
		strbuf_addf(
			out, "%s%.*s", out->length ? "." : "", (int)label, (const char *)data + at);
		at += label;
	}
	return at + 1;
}

static unsigned add_records(
	const struct dns_fake *dns, const char *name, unsigned type, struct strbuf *out)
{
	unsigned found = 0;

	for (size_t i = 0; i < dns->count; i++) {
		const struct record *record = &dns->records[i];

		if (record->type != type || strcasecmp(record->name, name) != 0)
			continue;
		add16(out, 0xc000 | HEADER_BYTES); /* the name of the question */
		add16(out, type);
		add16(out, ns_c_in);
		add16(out, 0);
		add16(out, 1); /* second to live */
		add16(out, (unsigned)record->data.length);
		strbuf_add(out, record->data.data, record->data.length);
		found++;
	}
	return found;
}

static bool knows(const struct dns_fake *dns, const char *name)
{
	for (size_t i = 0; i < dns->count; i++)
		if (strcasecmp(dns->records[i].name, name) == 0)
			return true;
	return false;
}

static void answer(struct dns_fake *dns, const uint8_t *question, size_t length, struct strbuf *out)
{
	struct strbuf name = STRBUF_INIT, records = STRBUF_INIT;
	size_t end = HEADER_BYTES;
	unsigned found = 0;

	end += read_name(question + HEADER_BYTES, length - HEADER_BYTES, &name);
	if (end > HEADER_BYTES && end + 4 <= length) {
		found = add_records(
			dns, name.data, question[end] << 8 | question[end + 1], &records);
		strbuf_addf(&dns->asked, "%s ", name.data);
		strbuf_add(out, question, 2);
		add16(out, 0x8180 | (knows(dns, name.data) ? 0 : ns_r_nxdomain));
		add16(out, 1);
		add16(out, found);
		add16(out, 0);
		add16(out, 0);
		strbuf_add(out, question + HEADER_BYTES, end + 4 - HEADER_BYTES);
		strbuf_add(out, records.data, records.length);
	}
	strbuf_release(&name);
	strbuf_release(&records);
}

static void on_question(evutil_socket_t fd, short what, void *arg)
{
	struct strbuf out = STRBUF_INIT;
	struct sockaddr_in from;
	socklen_t size = sizeof(from);
	uint8_t question[512];
	ssize_t length =
		recvfrom(fd, question, sizeof(question), 0, (struct sockaddr *)&from, &size);

	(void)what;
	if (length > HEADER_BYTES)
		answer(arg, question, (size_t)length, &out);
	if (out.length)
		sendto(fd, out.data, out.length, 0, (struct sockaddr *)&from, size);
	strbuf_release(&out);
}

struct dns_fake *dns_fake_new(struct loop *loop)
{
	struct dns_fake *dns = xcalloc(1, sizeof(*dns));
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof(address);

	dns->asked = (struct strbuf)STRBUF_INIT;
	dns->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(dns->fd, (struct sockaddr *)&address, length), 0);
	getsockname(dns->fd, (struct sockaddr *)&address, &length);
	snprintf(dns->address, sizeof(dns->address), "127.0.0.1:%u", ntohs(address.sin_port));
	dns_fake_move(dns, loop);
	return dns;
}

void dns_fake_move(struct dns_fake *dns, struct loop *loop)
{
	if (dns->event)
		event_free(dns->event);
	dns->event = event_new(loop_base(loop), dns->fd, EV_READ | EV_PERSIST, on_question, dns);
	event_add(dns->event, NULL);
}

struct dns_fake *dns_fake_free(struct dns_fake *dns)
{
	event_free(dns->event);
	close(dns->fd);
	for (size_t i = 0; i < dns->count; i++) {
		free(dns->records[i].name);
		strbuf_release(&dns->records[i].data);
	}
	strbuf_release(&dns->asked);
	free(dns);
	return NULL;
}

const char *dns_fake_address(const struct dns_fake *dns)
{
	return dns->address;
}

static struct strbuf *add(struct dns_fake *dns, const char *name, uint16_t type)
{
	struct record *record = &dns->records[dns->count++];

	assert_true(dns->count <= MAX_RECORDS);
	record->name = xstrdup(name);
	record->type = type;
	record->data = (struct strbuf)STRBUF_INIT;
	return &record->data;
}

void dns_fake_a(struct dns_fake *dns, const char *name, const char *address)
{
	struct in_addr bits;

	assert_int_equal(inet_pton(AF_INET, address, &bits), 1);
	strbuf_add(add(dns, name, ns_t_a), &bits, sizeof(bits));
}

void dns_fake_srv(struct dns_fake *dns, const char *name, unsigned priority, unsigned weight,
	unsigned port, const char *target)
{
	struct strbuf *data = add(dns, name, ns_t_srv);

	add16(data, priority);
	add16(data, weight);
	add16(data, port);
	add_name(data, target);
}

const char *dns_fake_asked(const struct dns_fake *dns)
{
	return dns->asked.data;
}
