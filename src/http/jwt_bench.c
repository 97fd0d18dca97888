#include "http/jwt_bench.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/base64.h"
#include "http/jwt.h"

static char standard(char c)
{
	return (char)(c == '-' ? '+' : c == '_' ? '/' : c);
}

struct json_object *jwt_bench_claims(const char *bearer, const char *secret)
{
	const char *payload = strchr(bearer, '.');
	struct strbuf text = STRBUF_INIT, out = STRBUF_INIT;
	struct json_object *claims;
	char *again;

	assert_int_equal(strncmp(bearer, "Bearer ", 7), 0);
	assert_non_null(payload);
	for (payload++; *payload && *payload != '.'; payload++)
		strbuf_addc(&text, standard(*payload));
	while (text.length % 4)
		strbuf_addc(&text, '=');
	assert_true(base64_decode(text.data, text.length, &out));
	claims = json_tokener_parse(out.data);
	again = jwt_sign(claims, secret);
	assert_string_equal(again, bearer + 7);
	free(again);
	strbuf_release(&text);
	strbuf_release(&out);
	return claims;
}
