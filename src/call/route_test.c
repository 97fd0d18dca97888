/* The router's answer, read: every action, and what is wrong with bad ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/log.h"
#include "call/route.h"

static const struct ncco_limits limits;

static struct route_decision decide(const char *body, struct json_object **ret_holder)
{
	struct route_decision decision;

	log_set_level(LOG_LEVEL_ERROR);
	route_read(body, strlen(body), "http://router.test/route", &limits, &decision, ret_holder);
	return decision;
}

static void check(const char *body, enum route_action action, int status, const char *text)
{
	struct json_object *holder;
	struct route_decision decision = decide(body, &holder);

	assert_int_equal(decision.action, action);
	assert_int_equal(decision.status, status);
	if (text)
		assert_string_equal(
			action == ROUTE_APPLICATION ? decision.application : decision.reason, text);
	assert_true((decision.document != NULL) == (action == ROUTE_ANSWER));
	ncco_document_free(decision.document);
	json_object_put(holder);
}

static void test_route_read__takes_every_action(void **state)
{
	(void)state;
	check("{\"action\":\"not_handled\"}", ROUTE_NOT_HANDLED, 0, NULL);
	check("{\"action\":\"spam\"}", ROUTE_SPAM, 0, NULL);
	check("{\"action\":\"application\",\"application\":\"main\"}", ROUTE_APPLICATION, 0,
		"main");
	check("{\"action\":\"reject\"}", ROUTE_REJECT, 403, NULL);
	check("{\"action\":\"abort\",\"status\":486,\"reason\":\"busy\"}", ROUTE_REJECT, 486,
		"busy");
	check("{\"action\":\"reject\",\"status\":200}", ROUTE_REJECT, 403, NULL);
	check("[{\"action\":\"talk\",\"text\":\"hi\"}]", ROUTE_ANSWER, 0, NULL);
	check("{\"action\":\"answer\",\"steps\":[{\"action\":\"say\",\"text\":\"hi\"}]}",
		ROUTE_ANSWER, 0, NULL);
}

static void test_route_read__takes_a_forward(void **state)
{
	struct json_object *holder;
	struct route_decision decision = decide(
		"{\"action\":\"forward\",\"targets\":[\"sip:a@h\",\"tel:1\",7,\"sip:b@h:5070\"],"
		"\"strategy\":\"parallel\",\"record\":true,\"record_start_at\":\"media\","
		"\"timeout\":\"3600\",\"max_ring_time\":30,\"media_proxy\":\"all\","
		"\"headers\":{\"X-Ticket\":\"42\"},\"allow_codecs\":[\"opus2\",\"pcma\"]}",
		&holder);
	const struct route_forward *forward = &decision.forward;

	(void)state;
	assert_int_equal(decision.action, ROUTE_FORWARD);
	assert_int_equal(forward->target_count, 2);
	assert_string_equal(forward->targets[1], "sip:b@h:5070");
	assert_true(forward->parallel && forward->record && forward->record_early);
	assert_false(forward->with_original_headers);
	assert_int_equal(forward->timeout_s, 3600);
	assert_int_equal(forward->max_ring_s, 30);
	assert_string_equal(json_text(forward->headers, "X-Ticket", ""), "42");
	assert_int_equal(forward->codec_count, 1);
	assert_string_equal(forward->codecs[0], "pcma");
	json_object_put(holder);
}

static void test_route_read__limits_the_targets(void **state)
{
	struct json_object *holder;
	struct route_decision decision =
		decide("{\"action\":\"forward\",\"targets\":[\"sip:1@h\",\"sip:2@h\",\"sip:3@h\","
		       "\"sip:4@h\",\"sip:5@h\",\"sip:6@h\",\"sip:7@h\",\"sip:8@h\",\"sip:9@h\","
		       "\"sip:10@h\",\"sip:11@h\"]}",
			&holder);

	(void)state;
	assert_int_equal(decision.forward.target_count, ROUTE_MAX_TARGETS);
	json_object_put(holder);
}

static void test_route_read__refuses_what_it_cannot_read(void **state)
{
	(void)state;
	check("", ROUTE_FAILED, 500, "the router's answer is not JSON");
	check("<html>", ROUTE_FAILED, 500, "the router's answer is not JSON");
	check("{\"action\":\"dance\"}", ROUTE_FAILED, 503, "the router's action is unknown");
	check("{}", ROUTE_FAILED, 503, "the router's action is unknown");
	check("{\"action\":\"forward\"}", ROUTE_FAILED, 500, "the router forwards to nobody");
	check("{\"action\":\"forward\",\"targets\":[\"bob\"]}", ROUTE_FAILED, 500,
		"the router forwards to nobody");
	check("{\"action\":\"forward\",\"targets\":[\"sip:a@h\"],\"headers\":{\"X\":\"a\\nb\"}}",
		ROUTE_FAILED, 500, "a header of the router has control characters");
	check("{\"action\":\"forward\",\"targets\":[\"sip:a@h\"],\"headers\":{\"X Y\":\"a\"}}",
		ROUTE_FAILED, 500, "the name of a header of the router is none");
	check("{\"action\":\"forward\",\"targets\":[\"sip:a@h\"],\"allow_codecs\":[\"g729\"]}",
		ROUTE_FAILED, 500, "none of the router's allow_codecs is ours");
	check("17", ROUTE_FAILED, 503, "the router's action is unknown");
	check("[{\"action\":\"dance\"}]", ROUTE_FAILED, 500, "the router's script has faults");
	check("{\"action\":\"answer\"}", ROUTE_FAILED, 500, "the router's script has faults");
	check("{\"action\":\"reject\",\"reason\":\"a\\r\\nX: y\"}", ROUTE_FAILED, 500,
		"the router's reason has control characters or is too long");
}

static void test_route_plain_number__drops_the_plus_of_numbers_only(void **state)
{
	(void)state;
	assert_string_equal(route_plain_number("+15550100"), "15550100");
	assert_string_equal(route_plain_number("15550100"), "15550100");
	assert_string_equal(route_plain_number("+bob"), "+bob");
	assert_string_equal(route_plain_number("+"), "+");
	assert_string_equal(route_plain_number(""), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_route_read__takes_every_action),
		cmocka_unit_test(test_route_read__takes_a_forward),
		cmocka_unit_test(test_route_read__limits_the_targets),
		cmocka_unit_test(test_route_read__refuses_what_it_cannot_read),
		cmocka_unit_test(test_route_plain_number__drops_the_plus_of_numbers_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
