/* Whom a REFER may have called. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "call/refer_target.h"

static const char *const hosts[] = {"192.0.2.1", "pbx.example", "::1", NULL};
static const struct refer_own own = {hosts, {5060, 5061}};
static struct config_contact contacts[] = {{.user = "alice", .uri = "sip:alice@192.0.2.9"},
	{.user = "1001", .uri = "sip:1001@192.0.2.9"}};
static const struct config config = {
	.proxy = {.contacts = contacts, .contact_count = ARRAY_SIZE(contacts)}};

/* "status", or type and text of what is to be called. In a static buffer. */
static const char *target(char **allowed, const char *uri)
{
	static char out[256];
	struct config_application app = {.refer_targets = allowed};
	struct refer_target found = {0};
	int status = refer_target_read(&config, allowed ? &app : NULL, &own, uri, &found);
	static const char *const names[] = {
		[NCCO_PHONE] = "phone", [NCCO_SIP] = "sip", [NCCO_APP] = "user"};

	if (status)
		snprintf(out, sizeof(out), "%d", status);
	else
		snprintf(out, sizeof(out), "%s %s", names[found.type], found.text);
	free(found.text);
	return out;
}

static void test_refer_target__nobody_by_default(void **state)
{
	static const char *const uris[] = {"sip:alice@pbx.example", "sip:15550100@192.0.2.1",
		"tel:+15550100", "sip:bob@elsewhere.example", "sip:+15550100@elsewhere.example"};
	char *nobody[] = {NULL};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(uris); i++) {
		assert_string_equal(target(nobody, uris[i]), "403");
		assert_string_equal(target(NULL, uris[i]), "403"); /* no application at all */
	}
}

static void test_refer_target__at_our_host_users_and_numbers(void **state)
{
	char *allowed[] = {"1*", "+4420*", "alice", "nobody", NULL};

	(void)state;
	assert_string_equal(target(allowed, "sip:alice@pbx.example"), "user alice");
	assert_string_equal(target(allowed, "sip:ALICE@pbx.example"), "403");
	assert_string_equal(target(allowed, "sip:1001@192.0.2.1:5060;user=phone"), "user 1001");
	assert_string_equal(target(allowed, "sip:1002@PBX.example"), "phone 1002");
	assert_string_equal(target(allowed, "sip:+44207@[::1]"), "phone 44207");
	assert_string_equal(target(allowed, "tel:+44-20-(79)46.0000;x=y"), "phone 442079460000");
	assert_string_equal(target(allowed, "sip:1002@pbx.example:5070"), "403"); /* not us */
	assert_string_equal(target(allowed, "sip:44161@pbx.example"), "403");
	assert_string_equal(target(allowed, "sip:nobody@pbx.example"), "404");
	assert_string_equal(target(allowed, "sip:pbx.example"), "403");
	assert_string_equal(target(allowed, "tel:"), "403");
	assert_string_equal(target(allowed, "sip:"), "400");
}

static void test_refer_target__elsewhere_only_by_uri(void **state)
{
	char *allowed[] = {"1*", "sip:*@friend.example", "sip:bob@other.example:5070", NULL};

	(void)state;
	assert_string_equal(target(allowed, "sip:1001@elsewhere.example"), "403");
	assert_string_equal(target(allowed, "sip:anybody@friend.example:5099;transport=tcp"),
		"sip sip:anybody@friend.example:5099;transport=tcp");
	assert_string_equal(
		target(allowed, "sip:bob@Other.example:5070"), "sip sip:bob@Other.example:5070");
	assert_string_equal(target(allowed, "sip:bob@other.example"), "403"); /* another port */
	assert_string_equal(target(allowed, "sip:eve@other.example:5070"), "403");
	assert_string_equal(target(allowed, "sip:x@friend.example.evil"), "403");
	assert_string_equal(target(allowed, "sip:x@evil.example?friend.example"), "403");
	assert_string_equal(target(allowed, "sip:friend.example@evil.example"), "403");
	assert_string_equal(target(allowed, "sip:*@evil.example"), "403");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refer_target__nobody_by_default),
		cmocka_unit_test(test_refer_target__at_our_host_users_and_numbers),
		cmocka_unit_test(test_refer_target__elsewhere_only_by_uri),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
