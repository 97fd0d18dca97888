/* jwt_bench.h - reading what jwt.h has signed, for tests. */
#ifndef HTTP_JWT_BENCH_H
#define HTTP_JWT_BENCH_H

#include "base/json.h"

/* The claims of "Bearer TOKEN", to be put; the test fails unless it was signed with the secret. */
struct json_object *jwt_bench_claims(const char *bearer, const char *secret);

#endif
