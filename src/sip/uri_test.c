/* Tests of SIP URIs, next hops and DTMF bodies. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "sip/agent_private.h"

static void test_sip_uri_check__says_what_to_write(void **state)
{
	static const struct {
		const char *uri, *message; /* NULL: good */
	} cases[] = {
		{"sip:bob@example.com", NULL},
		{"sip:proxy.example.com:5060;transport=udp;lr", NULL},
		{"sip:proxy.example.com;lr=on", NULL},
		{"sips:bob@example.com", NULL},
		{"sip:bob@[2001:db8::1]:5070;transport=tcp", NULL},
		{"SIP:bob@example.com", NULL},
		{"sip:sip:host", "sip: stands twice; write sip:host"},
		{"sip:sips:host", "sip: stands twice; write sips:host"},
		{"bob@example.com", "write sip:bob@example.com"},
		{"", "missing"},
		{"sip:", "sip:user@host"},
		{"sip:bob@", "sip:user@host"},
		{"sip:bob@host:0", "port"},
		{"sip:bob@host:65536", "port"},
		{"sip:bob@host:12a", "sip:user@host"},
		{"sip:bob@host;transport=sctp", "transport must be"},
		{"sip:bob@host\r\nEvil: 1", "blanks"},
		{"<sip:bob@host>", "< >"},
		{"http://host/", "must begin with sip:"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *error = NULL;
		int outcome = sip_uri_check(cases[i].uri, &error);

		if (outcome != (cases[i].message ? -EINVAL : 0))
			fail_msg("%s: %d %s", cases[i].uri, outcome, error ? error : "");
		if (cases[i].message && !strstr(error, cases[i].message))
			fail_msg("%s: %s", cases[i].uri, error);
		free(error);
	}
}

static void test_target_parse__reads_host_port_transport_lr(void **state)
{
	struct sip_target target;

	(void)state;
	assert_true(target_parse("sip:proxy.example.com:5070;transport=tcp;lr", &target));
	assert_string_equal(target.host, "proxy.example.com");
	assert_int_equal(target.port, 5070);
	assert_true(target.tcp && target.loose && target.transport_given);
	assert_true(target_parse("sip:me@[::1];lr=on", &target));
	assert_string_equal(target.host, "::1");
	assert_int_equal(target.port, 0);
	assert_true(target.loose && !target.tcp && !target.transport_given);
	assert_true(target_parse("sip:host", &target));
	assert_false(target.loose);
	assert_false(target_parse("sip:host;transport=ws", &target));
	assert_false(target_parse("tel:+15550100", &target));
}

static void test_dtmf_body__parses_both_kinds(void **state)
{
	static const struct {
		const char *body;
		bool relay;
		char digit; /* 0: refused */
		unsigned duration_ms;
	} cases[] = {
		{"Signal=5\r\nDuration=160\r\n", true, '5', 160},
		{"Signal= #\r\nDuration= 250", true, '#', 250},
		{"signal=*\nduration=99999999999\n", true, '*', 10000},
		{"Duration=100\r\nSignal=d\r\n", true, 'D', 100},
		{"Signal=11\r\n", true, '#', 160},
		{"Signal=10\r\nDuration=x\r\n", true, '*', 160},
		{"5", false, '5', 160},
		{" 7\r\n", false, '7', 160},
		{"Signal=3\r\n", false, '3', 160},
		{"5", true, 0, 0},
		{"", false, 0, 0},
		{"", true, 0, 0},
		{"Signal=\r\n", true, 0, 0},
		{"Signal=12\r\n", true, 0, 0},
		{"Signal=Z\r\n", true, 0, 0},
		{"55", false, 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char digit = 0;
		unsigned duration_ms = 0;
		bool good = dtmf_body_parse(
			cases[i].body, strlen(cases[i].body), cases[i].relay, &digit, &duration_ms);

		if (good != (cases[i].digit != 0))
			fail_msg("\"%s\"", cases[i].body);
		if (good) {
			assert_int_equal(digit, cases[i].digit);
			assert_int_equal(duration_ms, cases[i].duration_ms);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sip_uri_check__says_what_to_write),
		cmocka_unit_test(test_target_parse__reads_host_port_transport_lr),
		cmocka_unit_test(test_dtmf_body__parses_both_kinds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
