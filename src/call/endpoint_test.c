/* What is called: users, headers and URIs out of endpoints, and numbers of the application. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/log.h"
#include "base/mem.h"
#include "call/endpoint.h"
#include "call/number.h"

static void check_user(enum ncco_endpoint_type type, const char *target, const char *user)
{
	char *found = endpoint_user(&(struct ncco_endpoint){.type = type, .target = target});

	assert_string_equal(found, user);
	free(found);
}

static void test_endpoint_user__is_what_events_name(void **state)
{
	(void)state;
	check_user(NCCO_PHONE, "+15550100", "15550100");
	check_user(NCCO_PHONE, "15550100", "15550100");
	check_user(NCCO_SIP, "sip:bob@host.example;transport=tcp", "bob");
	check_user(NCCO_SIP, "sips:b%6fb:secret@host", "bob");
	check_user(NCCO_SIP, "sip:+4420@host", "4420");
	check_user(NCCO_SIP, "sip:host.example:5070;lr", "host.example");
	check_user(NCCO_SIP, "sip:%0a%zz@host", "%0a%zz");
	check_user(NCCO_APP, "alice", "alice");
	check_user(NCCO_WEBSOCKET, "wss://host/socket", "wss://host/socket");
}

static void test_endpoint_headers__are_those_of_sip(void **state)
{
	struct json_object *custom = json_object_new_object(), *standard = json_object_new_object();
	struct ncco_endpoint endpoint = {
		.headers = custom, .standard_headers = standard, .shaken = "eyJ0;info=<x>"};
	struct json_object *out;

	(void)state;
	log_set_level(LOG_LEVEL_ERROR);
	json_add_text(custom, "location", "London");
	json_add_text(custom, "x-case", "17");
	json_add_int(custom, "count", 3);
	json_add_text(custom, "a b", "no token");
	json_add_text(custom, "evil", "a\r\nVia: b");
	json_add_text(standard, "User-to-User", "3132;encoding=hex");
	out = endpoint_sip_headers(&endpoint, "call");
	assert_int_equal(json_object_object_length(out), 5);
	assert_string_equal(json_text(out, "X-location", ""), "London");
	assert_string_equal(json_text(out, "x-case", ""), "17");
	assert_string_equal(json_text(out, "X-count", ""), "3");
	assert_string_equal(json_text(out, "User-to-User", ""), "3132;encoding=hex");
	assert_string_equal(json_text(out, "Identity", ""), "eyJ0;info=<x>");
	json_object_put(out);
	json_object_put(custom);
	json_object_put(standard);
}

static void check_from(const char *host, const char *from, const char *uri)
{
	char *found = endpoint_from_uri(host, from);

	assert_string_equal(found, uri);
	free(found);
}

static void test_endpoint_from__is_at_our_address(void **state)
{
	(void)state;
	check_from("192.0.2.1", "15550100", "sip:15550100@192.0.2.1");
	check_from("::1", "al ice", "sip:al%20ice@[::1]");
	check_from("192.0.2.1", "", "sip:anonymous@192.0.2.1");
	check_from("192.0.2.1", "sip:me@mine", "sip:me@mine");
}

static void test_endpoint_number__goes_to_the_proxy(void **state)
{
	char *uri = endpoint_number_uri("sip:edge@proxy.example:5070;transport=udp;lr", "15550100");

	(void)state;
	assert_string_equal(uri, "sip:15550100@proxy.example:5070");
	free(uri);
	uri = endpoint_number_uri("sip:[2001:db8::1]", "1;x");
	assert_string_equal(uri, "sip:1%3Bx@[2001:db8::1]");
	free(uri);
}

static void test_number_country__knows_its_length(void **state)
{
	(void)state;
	assert_int_equal(number_country("15550100"), 1);
	assert_int_equal(number_country("79161234567"), 1);
	assert_int_equal(number_country("442079460000"), 2);
	assert_int_equal(number_country("353123456"), 3);
	assert_int_equal(number_country("989121234567"), 2);
	assert_int_equal(number_country("0441234"), 0);
	assert_int_equal(number_country("44*"), 0);
	assert_int_equal(number_country("bob"), 0);
	assert_int_equal(number_country(""), 0);
}

static void test_number_choose__prefers_the_country(void **state)
{
	char *numbers[] = {"15550100", "bob", "+442079460001", "44*", "442079460002", NULL};

	(void)state;
	for (unsigned chance = 0; chance < 4; chance++) {
		assert_string_equal(number_choose(numbers, "442079461234", chance),
			chance % 2 ? "442079460002" : "442079460001");
		assert_string_equal(number_choose(numbers, "+15550199", chance), "15550100");
	}
	assert_string_equal(number_choose(numbers, "353123456", 1), "442079460001");
	assert_string_equal(number_choose(numbers, "bob", 2), "442079460002");
	assert_null(number_choose(NULL, "1", 0));
	assert_null(number_choose(numbers + 5, "15550100", 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_endpoint_user__is_what_events_name),
		cmocka_unit_test(test_endpoint_headers__are_those_of_sip),
		cmocka_unit_test(test_endpoint_from__is_at_our_address),
		cmocka_unit_test(test_endpoint_number__goes_to_the_proxy),
		cmocka_unit_test(test_number_country__knows_its_length),
		cmocka_unit_test(test_number_choose__prefers_the_country),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
