/* Unit tests of src/base/. */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cidr.h"
#include "base/clock.h"
#include "base/id.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/rate.h"
#include "base/ring.h"
#include "base/strbuf.h"

static void test_clock_iso__is_utc_with_milliseconds(void **state)
{
	char out[CLOCK_ISO_SIZE];

	(void)state;
	assert_string_equal(clock_iso(UINT64_C(1763705400123456), out), "2025-11-21T06:10:00.123Z");
}

static void test_id_new__is_a_version_4_uuid(void **state)
{
	char a[ID_SIZE], b[ID_SIZE];

	(void)state;
	id_new(a);
	id_new(b);
	assert_int_equal(strlen(a), 36);
	assert_int_equal(a[14], '4');
	assert_non_null(strchr("89ab", a[19]));
	assert_string_not_equal(a, b);
}

static void test_strbuf__grows_and_detaches(void **state)
{
	struct strbuf sb = STRBUF_INIT;
	char *s;

	(void)state;
	assert_string_equal(sb.data, "");
	for (int i = 0; i < 100; i++)
		strbuf_addf(&sb, "%03d,", i);
	assert_int_equal(sb.length, 400);
	assert_string_equal(sb.data + 396, "099,");
	s = strbuf_detach(&sb);
	assert_int_equal(strlen(s), 400);
	free(s);
	assert_int_equal(sb.length, 0);
	strbuf_release(&sb);
}

static void check_json(const char *text, int expected)
{
	struct json_object *object = NULL;
	const char *error = NULL;

	assert_int_equal(json_parse(text, strlen(text), &object, &error, NULL), expected);
	if (expected < 0)
		assert_non_null(error);
	json_object_put(object);
}

static void test_json_parse__is_strict(void **state)
{
	(void)state;
	check_json("[]", 0);
	check_json(" {\"a\": [1, 2.5, \"x\", true, null]} \n", 0);
	check_json("12", 0);
	check_json("", -EINVAL);
	check_json("[1,]", -EINVAL);
	check_json("{\"a\":1} x", -EINVAL);
	check_json("[\"\xff\"]", -EINVAL);
	check_json("<html>", -EINVAL);
	check_json(
		"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]",
		-EINVAL);
}

static void check_number(const char *text, bool good)
{
	struct json_object *value = json_object_new_string(text);
	double number;

	if ((json_to_double(value, &number) == 0) != good)
		fail_msg("%s", text);
	json_object_put(value);
}

static void test_json_to_double__takes_decimal_numbers_alone(void **state)
{
	static const char *const good[] = {"0", "-1", "+1.5", ".5", "1.", "1e3", "1E-3"};
	static const char *const bad[] = {"", " 1", "1 ", "0x10", "0x1p4", "inf", "-inf", "nan",
		"1e999", "e5", "1e", ".", "-", "1-2", "1,5"};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		check_number(good[i], true);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		check_number(bad[i], false);
}

static void test_json_readers__take_numbers_as_strings(void **state)
{
	const char *text = "{\"a\":\"60\",\"b\":7,\"c\":\"7x\",\"d\":\"true\",\"e\":1.5}";
	struct json_object *object;

	(void)state;
	assert_int_equal(json_parse(text, strlen(text), &object, NULL, NULL), 0);
	assert_int_equal(json_int(object, "a", -1), 60);
	assert_int_equal(json_int(object, "b", -1), 7);
	assert_int_equal(json_int(object, "c", -1), -1);
	assert_int_equal(json_int(object, "e", -1), -1);
	assert_true(json_flag(object, "d", false));
	assert_int_equal(json_int(NULL, "a", 3), 3);
	json_object_put(object);
}

static char last_line[8192];

static void keep_line(const char *line, void *arg)
{
	(void)arg;
	strcpy(last_line, line);
}

static void test_log_write__keeps_a_record_on_one_line(void **state)
{
	char *huge = xmalloc(9000);

	(void)state;
	log_set_sink(keep_line, NULL);
	log_info("id-1", "from \"%s\"", "x\r\nlevel=error\x1b[1m");
	assert_non_null(strstr(last_line,
		" level=info call=id-1 msg=\"from \\\"x\\r\\nlevel=error\\x1b[1m\\\"\""));
	memset(huge, '\n', 8999);
	huge[8999] = '\0';
	log_warn(NULL, "%s", huge);
	assert_null(strchr(last_line, '\n'));
	assert_true(strlen(last_line) < 4200);
	last_line[0] = '\0';
	log_debug(NULL, "hidden");
	assert_string_equal(last_line, "");
	log_set_sink(NULL, NULL);
	free(huge);
}

static void test_ring__is_full_and_empty_when_it_says_so(void **state)
{
	struct ring *ring = ring_new(sizeof(int), 3);
	int value = 0;

	(void)state;
	assert_false(ring_pop(ring, &value));
	for (int i = 0; i < 4; i++)
		assert_true(ring_push(ring, &i));
	assert_false(ring_push(ring, &value));
	assert_int_equal(ring_length(ring), 4);
	for (int i = 0; i < 4; i++) {
		assert_true(ring_pop(ring, &value));
		assert_int_equal(value, i);
	}
	assert_false(ring_pop(ring, &value));
	ring_free(ring);
}

#define RING_RUN 200000

static void *ring_writer(void *arg)
{
	for (uint64_t i = 0; i < RING_RUN;) {
		if (ring_push(arg, &i))
			i++;
	}
	return NULL;
}

static void test_ring__keeps_order_between_two_threads(void **state)
{
	struct ring *ring = ring_new(sizeof(uint64_t), 64);
	pthread_t writer;
	uint64_t value;

	(void)state;
	assert_int_equal(pthread_create(&writer, NULL, ring_writer, ring), 0);
	for (uint64_t i = 0; i < RING_RUN;) {
		if (!ring_pop(ring, &value))
			continue;
		assert_int_equal(value, i);
		i++;
	}
	pthread_join(writer, NULL);
	ring_free(ring);
}

static void test_cidr__contains_its_addresses(void **state)
{
	static const struct {
		const char *network, *address;
		bool inside;
	} cases[] = {
		{"198.51.100.0/24", "198.51.100.255", true},
		{"198.51.100.0/24", "198.51.101.0", false},
		{"198.51.100.8/29", "198.51.100.15", true},
		{"198.51.100.8/29", "198.51.100.16", false},
		{"192.0.2.1", "192.0.2.1", true},
		{"192.0.2.1", "192.0.2.2", false},
		{"0.0.0.0/0", "203.0.113.9", true},
		{"192.0.2.0/24", "::ffff:192.0.2.7", true},
		{"0.0.0.0/0", "2001:db8::1", false},
		{"2001:db8::/33", "2001:db8:7fff::1", true},
		{"2001:db8::/33", "2001:db8:8000::1", false},
		{"192.0.2.0/24", "192.0.2", false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct cidr cidr;

		assert_true(cidr_parse(cases[i].network, &cidr));
		assert_int_equal(cidr_contains(&cidr, cases[i].address), cases[i].inside);
	}
}

static void test_cidr__refuses_what_is_no_network(void **state)
{
	static const char *const bad[] = {"", "host.example", "192.0.2.0/33", "192.0.2.0/", "/8",
		"192.0.2.0/-1", "192.0.2.0/ 8", "192.0.2.0/0x8", "192.0.2.1/24", "2001:db8::/129",
		"192.0.2.0/24/24", "1:2:3:4:5:6:7:8:9:1:2:3:4:5:6:7:8:9:1:2:3:4:5:6:7:8:9/8"};
	struct cidr cidr;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_false(cidr_parse(bad[i], &cidr));
}

static void test_rate__never_allows_more_in_any_second(void **state)
{
	struct rate rate;
	uint64_t start = 5 * USEC_PER_SEC;

	(void)state;
	rate_init(&rate, 2);
	assert_true(rate_take(&rate, start));
	assert_true(rate_take(&rate, start + 900000));
	assert_false(rate_take(&rate, start + 999999));
	assert_true(rate_take(&rate, start + 1000000));
	assert_false(rate_take(&rate, start + 1899999));
	assert_true(rate_take(&rate, start + 1900000));
	rate_set(&rate, 2); /* the same: nothing is forgotten */
	assert_false(rate_take(&rate, start + 1900000));
	rate_set(&rate, 0);
	for (int i = 0; i < 100; i++)
		assert_true(rate_take(&rate, start + 1900000));
	rate_release(&rate);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_clock_iso__is_utc_with_milliseconds),
		cmocka_unit_test(test_id_new__is_a_version_4_uuid),
		cmocka_unit_test(test_strbuf__grows_and_detaches),
		cmocka_unit_test(test_json_parse__is_strict),
		cmocka_unit_test(test_json_to_double__takes_decimal_numbers_alone),
		cmocka_unit_test(test_json_readers__take_numbers_as_strings),
		cmocka_unit_test(test_log_write__keeps_a_record_on_one_line),
		cmocka_unit_test(test_cidr__contains_its_addresses),
		cmocka_unit_test(test_cidr__refuses_what_is_no_network),
		cmocka_unit_test(test_rate__never_allows_more_in_any_second),
		cmocka_unit_test(test_ring__is_full_and_empty_when_it_says_so),
		cmocka_unit_test(test_ring__keeps_order_between_two_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
