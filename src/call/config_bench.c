#include "call/config_bench.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"

static char directory[] = "/tmp/config_test.XXXXXX";

int config_setup(void **state)
{
	(void)state;
	unsetenv("STATE_DIRECTORY");
	return mkdtemp(directory) && chdir(directory) == 0 ? 0 : -1;
}

int config_teardown(void **state)
{
	static const char *const files[] = {"c.toml", "secret", "nul"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		unlink(files[i]);
	return rmdir(directory);
}

void config_write(const char *name, const char *data, size_t length)
{
	FILE *file = fopen(name, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(data, 1, length, file), length);
	assert_int_equal(fclose(file), 0);
}
