/* Unit tests of src/loop/resolve.c. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "loop/dns_fake.h"
#include "loop/resolve.h"

struct bench {
	struct loop *loop;
	struct resolver *resolver;
	struct sockaddr_storage addresses[RESOLVE_MAX_ADDRESSES + 1];
	size_t count;
	unsigned answers;
	const char *error;
	struct dns_fake *dns;
	struct strbuf services; /* "a.example:5060 b.example:5070 " */
	bool absent;
};

static int setup(void **state)
{
	struct bench *b = xcalloc(1, sizeof(*b));

	b->loop = loop_new();
	b->resolver = resolver_new(b->loop);
	b->dns = dns_fake_new(b->loop);
	b->services = (struct strbuf)STRBUF_INIT;
	*state = b;
	return resolver_use(b->resolver, dns_fake_address(b->dns));
}

static int teardown(void **state)
{
	struct bench *b = *state;

	resolver_free(b->resolver);
	dns_fake_free(b->dns);
	strbuf_release(&b->services);
	loop_free(b->loop);
	free(b);
	return 0;
}

static void on_resolved(void *arg, const struct sockaddr_storage *addresses, const char *error)
{
	struct bench *b = arg;

	b->answers++;
	b->error = error;
	for (b->count = 0; addresses && addresses[b->count].ss_family != 0; b->count++)
		b->addresses[b->count] = addresses[b->count];
	loop_stop(b->loop);
}

static void ask(struct bench *b, const char *host, int family)
{
	unsigned before = b->answers;

	resolve_start(b->resolver, host, family, on_resolved, b);
	assert_int_equal(b->answers, before); /* not inside the call */
	loop_run(b->loop);
	assert_int_equal(b->answers, before + 1);
}

static void test_resolve__numbers_need_no_question(void **state)
{
	struct bench *b = *state;

	ask(b, "192.0.2.7", AF_UNSPEC);
	assert_int_equal(b->count, 1);
	assert_int_equal(b->addresses[0].ss_family, AF_INET);
	ask(b, "2001:db8::1", AF_UNSPEC);
	assert_int_equal(b->count, 1);
	assert_int_equal(b->addresses[0].ss_family, AF_INET6);
	ask(b, "192.0.2.7", AF_INET6);
	assert_int_equal(b->count, 0);
	assert_non_null(b->error);
}

static void test_resolve__localhost_without_a_server(void **state)
{
	struct bench *b = *state;
	bool v4 = false;

	ask(b, "localhost", AF_UNSPEC);
	assert_true(b->count >= 1 && b->count <= RESOLVE_MAX_ADDRESSES);
	for (size_t i = 0; i < b->count; i++) {
		const struct sockaddr_in *in = (const void *)&b->addresses[i];

		v4 |= in->sin_family == AF_INET && in->sin_addr.s_addr == htonl(INADDR_LOOPBACK);
	}
	assert_true(v4);
}

static void test_resolve_cancel__no_answer_comes(void **state)
{
	struct bench *b = *state;
	struct resolve *number = resolve_start(b->resolver, "192.0.2.7", AF_INET, on_resolved, b);
	struct resolve *name = resolve_start(b->resolver, "localhost", AF_INET, on_resolved, b);

	assert_null(resolve_cancel(number));
	assert_null(resolve_cancel(name));
	ask(b, "192.0.2.8", AF_INET);
	assert_int_equal(b->answers, 1);
	/* One more is under way when the resolver goes. */
	resolve_start(b->resolver, "192.0.2.9", AF_INET, on_resolved, b);
}

static void on_services(
	void *arg, const struct resolve_service *services, size_t count, bool absent)
{
	struct bench *b = arg;

	b->answers++;
	b->absent = absent;
	strbuf_reset(&b->services);
	for (size_t i = 0; i < count; i++)
		strbuf_addf(&b->services, "%s:%u ", services[i].host, services[i].port);
	loop_stop(b->loop);
}

static const char *services_of(struct bench *b, const char *name)
{
	resolve_services(b->resolver, name, on_services, b);
	loop_run(b->loop);
	return b->services.data;
}

static void test_resolve__asks_the_name_server_it_was_given(void **state)
{
	struct bench *b = *state;
	const struct sockaddr_in *in = (const void *)&b->addresses[0];

	assert_int_equal(resolver_use(b->resolver, "nonsense;"), -EINVAL);
	dns_fake_a(b->dns, "host.test", "192.0.2.5");
	ask(b, "host.test", AF_INET);
	assert_int_equal(b->count, 1);
	assert_int_equal(in->sin_addr.s_addr, inet_addr("192.0.2.5"));
	ask(b, "missing.test", AF_INET);
	assert_int_equal(b->count, 0);
	assert_string_equal(b->error, "no address for the host name");
}

static void test_resolve_services__by_priority(void **state)
{
	struct bench *b = *state;

	dns_fake_srv(b->dns, "_sip._udp.a.test", 20, 0, 5070, "third.test");
	dns_fake_srv(b->dns, "_sip._udp.a.test", 5, 10, 5060, "first.test");
	dns_fake_srv(b->dns, "_sip._udp.a.test", 10, 65535, 5080, "second.test");
	dns_fake_srv(b->dns, "_sip._udp.no.test", 0, 0, 0, ".");
	assert_string_equal(services_of(b, "_sip._udp.a.test"),
		"first.test:5060 second.test:5080 third.test:5070 ");
	assert_false(b->absent);
	assert_string_equal(services_of(b, "_sip._udp.no.test"), "");
	assert_true(b->absent);
	assert_string_equal(services_of(b, "_sip._udp.missing.test"), "");
	assert_false(b->absent);
}

/* One that has all the weight is first but for once in 60000 times. */
static void test_resolve_services__by_weight_within_a_priority(void **state)
{
	struct bench *b = *state;
	unsigned light = 0;

	dns_fake_srv(b->dns, "_sip._udp.w.test", 1, 1, 1, "light.test");
	dns_fake_srv(b->dns, "_sip._udp.w.test", 1, 60000, 2, "heavy.test");
	dns_fake_srv(b->dns, "_sip._udp.w.test", 1, 0, 3, "never.test");
	for (int i = 0; i < 20; i++)
		light += strncmp(services_of(b, "_sip._udp.w.test"), "heavy.test:2 ", 13) != 0;
	assert_true(light <= 2);
	assert_non_null(strstr(b->services.data, "never.test:3 "));
	dns_fake_srv(b->dns, "_sip._udp.even.test", 1, 500, 1, "a.test");
	dns_fake_srv(b->dns, "_sip._udp.even.test", 1, 500, 2, "b.test");
	light = 0;
	for (int i = 0; i < 40; i++)
		light += services_of(b, "_sip._udp.even.test")[0] == 'a';
	assert_in_range(light, 5, 35);
}

static void test_resolve_services__no_more_than_there_is_room_for(void **state)
{
	struct bench *b = *state;
	unsigned count = 0;

	for (unsigned i = 0; i < 12; i++) {
		char host[32];

		snprintf(host, sizeof(host), "h%u.test", i); /* within 512 bytes */
		dns_fake_srv(b->dns, "_sip._udp.many.test", i, 0, 5060, host);
	}
	for (const char *p = services_of(b, "_sip._udp.many.test"); (p = strchr(p, ' ')); p++)
		count++;
	assert_int_equal(count, RESOLVE_MAX_SERVICES);
}

static void test_resolve_services__cancelled(void **state)
{
	struct bench *b = *state;
	struct resolve *question;

	question = resolve_services(b->resolver, "_sip._udp.x.test", on_services, b);
	assert_null(resolve_cancel(question));
	services_of(b, "_sip._udp.y.test");
	assert_int_equal(b->answers, 1);
	resolve_services(b->resolver, "_sip._udp.z.test", on_services, b);
}

static void test_resolver_knows__what_is_in_the_hosts_file(void **state)
{
	struct bench *b = *state;

	assert_true(resolver_knows(b->resolver, "localhost", AF_INET));
	assert_false(resolver_knows(b->resolver, "carrier.test", AF_INET));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			test_resolve__numbers_need_no_question, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_resolve__localhost_without_a_server, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_resolve_cancel__no_answer_comes, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_resolve__asks_the_name_server_it_was_given, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_resolve_services__by_priority, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_resolve_services__by_weight_within_a_priority, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_resolve_services__no_more_than_there_is_room_for, setup, teardown),
		cmocka_unit_test_setup_teardown(test_resolve_services__cancelled, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_resolver_knows__what_is_in_the_hosts_file, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
