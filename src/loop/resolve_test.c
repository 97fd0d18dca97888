/* Unit tests of src/loop/resolve.c: what needs no name server. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "loop/resolve.h"

struct bench {
	struct loop *loop;
	struct resolver *resolver;
	struct sockaddr_storage addresses[RESOLVE_MAX_ADDRESSES + 1];
	size_t count;
	unsigned answers;
	const char *error;
};

static int setup(void **state)
{
	struct bench *b = xcalloc(1, sizeof(*b));

	b->loop = loop_new();
	b->resolver = resolver_new(b->loop);
	*state = b;
	return b->resolver ? 0 : -1;
}

static int teardown(void **state)
{
	struct bench *b = *state;

	resolver_free(b->resolver);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			test_resolve__numbers_need_no_question, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_resolve__localhost_without_a_server, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_resolve_cancel__no_answer_comes, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
