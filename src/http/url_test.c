/* Unit tests of src/http/url.c and address.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <netinet/in.h>

#include "base/mem.h"
#include "http/address.h"
#include "http/url.h"

static void test_url_check__takes_web_urls_only(void **state)
{
	static const char *const good[] = {"http://a", "HTTPS://a.example:8443/x?y#z",
		"http://[::1]:80/", "http://user:pw@host/", "https://h?q", "http://127.0.0.1:/"};
	static const char *const bad[] = {"", "/x", "a", "ftp://a/", "file:///etc/passwd",
		"http:", "http://", "http:///x", "http://:80/", "http://a:0/", "http://a:65536/",
		"http://a:8x/", "http://[::1/", "http://[::1]x/", "http://[]/", "http://a b/",
		"http://a/\r\nX: y", "http://a/\x7f", "http://a\\b/", "ws://a/", "javascript:1"};
	const char *error;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		assert_int_equal(url_check(good[i], false, &error), 0);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		error = NULL;
		if (url_check(bad[i], false, &error) == 0)
			fail_msg("taken: %s", bad[i]);
		assert_non_null(error);
	}
	assert_int_equal(url_check("wss://a/b", true, NULL), 0);
	assert_int_not_equal(url_check("wss://a/b", false, NULL), 0);
	assert_int_not_equal(url_check(NULL, false, NULL), 0);
}

static void test_url_check__bounds_the_length(void **state)
{
	char *url = xmalloc(URL_MAX_BYTES + 2);

	(void)state;
	memset(url, 'a', URL_MAX_BYTES + 1);
	memcpy(url, "http://", 7);
	url[URL_MAX_BYTES] = '\0';
	assert_int_equal(url_check(url, false, NULL), 0);
	url[URL_MAX_BYTES] = 'a';
	url[URL_MAX_BYTES + 1] = '\0';
	assert_int_not_equal(url_check(url, false, NULL), 0);
	free(url);
}

static void check_join(const char *base, const char *reference, const char *wanted)
{
	char *joined = url_join(base, reference);

	if (wanted)
		assert_string_equal(joined, wanted);
	else
		assert_null(joined);
	free(joined);
}

/* The examples of RFC 3986 section 5.4. */
static void test_url_join__follows_the_rfc(void **state)
{
	static const char *const cases[][2] = {{"g", "http://a/b/c/g"}, {"./g", "http://a/b/c/g"},
		{"g/", "http://a/b/c/g/"}, {"/g", "http://a/g"}, {"//g", "http://g"},
		{"?y", "http://a/b/c/d;p?y"}, {"g?y", "http://a/b/c/g?y"},
		{"#s", "http://a/b/c/d;p?q#s"}, {"g#s", "http://a/b/c/g#s"},
		{"g?y#s", "http://a/b/c/g?y#s"}, {";x", "http://a/b/c/;x"},
		{"g;x?y#s", "http://a/b/c/g;x?y#s"}, {"", "http://a/b/c/d;p?q"},
		{".", "http://a/b/c/"}, {"./", "http://a/b/c/"}, {"..", "http://a/b/"},
		{"../", "http://a/b/"}, {"../g", "http://a/b/g"}, {"../..", "http://a/"},
		{"../../g", "http://a/g"}, {"../../../g", "http://a/g"}, {"/./g", "http://a/g"},
		{"/../g", "http://a/g"}, {"g.", "http://a/b/c/g."}, {"..g", "http://a/b/c/..g"},
		{"./../g", "http://a/b/g"}, {"./g/.", "http://a/b/c/g/"},
		{"g/./h", "http://a/b/c/g/h"}, {"g/../h", "http://a/b/c/h"},
		{"g;x=1/../y", "http://a/b/c/y"}, {"g?y/../x", "http://a/b/c/g?y/../x"},
		{"https://h/x/../y", "https://h/y"}, {"wss://h/s", "wss://h/s"}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		check_join("http://a/b/c/d;p?q", cases[i][0], cases[i][1]);
	check_join("http://a", "g", "http://a/g");
	check_join("http://a?q", "?y", "http://a?y");
}

static void test_url_join__refuses_what_is_no_url(void **state)
{
	(void)state;
	check_join("http://a/", "file:///etc/passwd", NULL);
	check_join("http://a/", "x\r\ny", NULL);
	check_join("http://a/", "a b", NULL);
	check_join("/relative", "x", NULL);
	check_join("http://a/", "//", NULL);
}

static void check_query(const char *url, const char *json, const char *wanted)
{
	struct json_object *parameters = json_tokener_parse(json);
	char *result = url_with_query(url, parameters);

	assert_string_equal(result, wanted);
	free(result);
	json_object_put(parameters);
}

static void test_url_with_query__encodes_every_member(void **state)
{
	(void)state;
	check_query("http://a/x", "{\"to\":\"+44 1&b\",\"n\":5,\"z\":null,\"o\":{\"a\":[1]}}",
		"http://a/x?to=%2B44%201%26b&n=5&z=&o=%7B%22a%22%3A%5B1%5D%7D");
	check_query("http://a/x?y=1#f", "{\"k\":\"\xc3\xa4\"}", "http://a/x?y=1&k=%C3%A4#f");
	check_query("http://a/x?", "{\"k\":true}", "http://a/x?k=true");
	check_query("http://a/x?y", "{}", "http://a/x?y");
	check_query("http://a/x", "null", "http://a/x");
}

static void check_log(const char *url, const char *wanted)
{
	char *text = url_for_log(url);

	assert_string_equal(text, wanted);
	free(text);
}

static void test_url_for_log__hides_secrets(void **state)
{
	(void)state;
	check_log("https://user:secret@h:8/p?token=1#x", "https://h:8/p");
	check_log("http://a@b@c/", "http://c/");
	check_log("http://h", "http://h");
	check_log("not a url?secret", "not a url");
	check_log("", "");
}

static bool is_public(const char *text)
{
	struct sockaddr_in in4 = {.sin_family = AF_INET};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};

	if (inet_pton(AF_INET, text, &in4.sin_addr) == 1)
		return address_is_public((struct sockaddr *)&in4);
	assert_int_equal(inet_pton(AF_INET6, text, &in6.sin6_addr), 1);
	return address_is_public((struct sockaddr *)&in6);
}

static void test_address_is_public__knows_the_blocks(void **state)
{
	static const char *const private[] = {"127.0.0.1", "127.255.255.255", "0.0.0.0", "0.1.2.3",
		"10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.0.1",
		"169.254.169.254", "100.64.0.1", "100.127.255.255", "224.0.0.1", "239.1.1.1",
		"255.255.255.255", "240.0.0.1", "192.0.0.8", "198.19.0.1", "::", "::1", "fc00::1",
		"fdff::1", "fe80::1", "febf::1", "ff02::1", "::ffff:127.0.0.1",
		"::ffff:192.168.1.1", "::127.0.0.1", "64:ff9b::10.0.0.1", "64:ff9b:1::1",
		"2002:7f00:1::", "2002:c0a8:101::1", "::ffff:169.254.169.254"};
	static const char *const public[] = {"8.8.8.8", "172.15.0.1", "172.32.0.1", "11.0.0.1",
		"100.63.255.255", "100.128.0.0", "192.167.1.1", "169.253.1.1", "223.255.255.255",
		"198.20.0.1", "2001:4860:4860::8888", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8",
		"2002:808:808::1", "fb00::1"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(private); i++) {
		if (is_public(private[i]))
			fail_msg("public: %s", private[i]);
	}
	for (size_t i = 0; i < ARRAY_SIZE(public); i++) {
		if (!is_public(public[i]))
			fail_msg("not public: %s", public[i]);
	}
}

static void check_target(const char *url, bool tls, const char *host, unsigned port,
	const char *authority, const char *resource)
{
	struct url_target target;
	const char *error = NULL;

	if (url_target_read(url, &target, &error) < 0)
		fail_msg("%s: %s", url, error);
	assert_int_equal(target.tls, tls);
	assert_string_equal(target.host, host);
	assert_int_equal(target.port, port);
	assert_string_equal(target.authority, authority);
	assert_string_equal(target.resource, resource);
	url_target_release(&target);
}

static void test_url_target__says_where_to_connect(void **state)
{
	(void)state;
	check_target("ws://a.example", false, "a.example", 80, "a.example", "/");
	check_target("WSS://a.example/s?q=1", true, "a.example", 443, "a.example", "/s?q=1");
	check_target("wss://a:8443?q", true, "a", 8443, "a:8443", "/?q");
	check_target("ws://127.0.0.1:/x", false, "127.0.0.1", 80, "127.0.0.1:", "/x");
	check_target("wss://[::1]:7443/x", true, "::1", 7443, "[::1]:7443", "/x");
	check_target("ws://[2001:db8::1]", false, "2001:db8::1", 80, "[2001:db8::1]", "/");
	check_target("https://u:p@h:1/x#f", true, "h", 1, "h:1", "/x");
}

static void test_url_target__refuses_what_a_ws_url_is_not(void **state)
{
	static const char *const urls[] = {"ws://u@h/", "wss://u:p@h/", "ws://h/#f", "ws://h#",
		"ftp://h/", "ws:///x", "ws://h:70000/", "", "/x"};
	struct url_target target;
	char *url = xasprintf("ws://%0300d/", 0);
	const char *error;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(urls); i++) {
		error = NULL;
		assert_int_not_equal(url_target_read(urls[i], &target, &error), 0);
		assert_non_null(error);
	}
	assert_int_not_equal(url_target_read(url, &target, &error), 0);
	free(url);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_url_check__takes_web_urls_only),
		cmocka_unit_test(test_url_check__bounds_the_length),
		cmocka_unit_test(test_url_join__follows_the_rfc),
		cmocka_unit_test(test_url_join__refuses_what_is_no_url),
		cmocka_unit_test(test_url_with_query__encodes_every_member),
		cmocka_unit_test(test_url_for_log__hides_secrets),
		cmocka_unit_test(test_address_is_public__knows_the_blocks),
		cmocka_unit_test(test_url_target__says_where_to_connect),
		cmocka_unit_test(test_url_target__refuses_what_a_ws_url_is_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
