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

static void test_route_read__refuses_what_it_cannot_read(void **state)
{
	(void)state;
	check("", ROUTE_FAILED, 500, "the router's answer is not JSON");
	check("<html>", ROUTE_FAILED, 500, "the router's answer is not JSON");
	check("{\"action\":\"dance\"}", ROUTE_FAILED, 503, "the router's action is unknown");
	check("{}", ROUTE_FAILED, 503, "the router's action is unknown");
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
		cmocka_unit_test(test_route_read__refuses_what_it_cannot_read),
		cmocka_unit_test(test_route_plain_number__drops_the_plus_of_numbers_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
