/* config_bench.h - for tests: one temporary directory, which is also the working directory. */
#ifndef CALL_CONFIG_BENCH_H
#define CALL_CONFIG_BENCH_H

#include <stddef.h>

/* For a group of cmocka; the teardown removes the files c.toml, secret and nul. */
int config_setup(void **state);
int config_teardown(void **state);

void config_write(const char *name, const char *data, size_t length);

#endif
