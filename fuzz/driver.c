/* driver.c - main() of every fuzz target where libFuzzer is not: runs each seed, then mutants.
 *
 *   X_fuzz [-n MUTANTS] [-s SEED] [-t SECONDS] [-m BYTES] [-o FILE] FILE|DIRECTORY...
 *
 * The same seeds and numbers give the same inputs, so a failure comes again. An input that
 * crashes, or takes longer than -t seconds, is written to FILE (default ./crash-input); run the
 * program on it alone to see it fail. To explore with coverage, link the target with
 * `clang -fsanitize=fuzzer,address` instead of this file. */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
void __sanitizer_set_death_callback(void (*callback)(void)) __attribute__((weak));

#define SEEDS_MAX 4096

struct input {
	uint8_t *data;
	size_t size;
};

static struct input seeds[SEEDS_MAX];
static size_t seed_count;
static struct input current; /* what is being run, for the crash file */
static const char *crash_file = "crash-input";
static size_t bytes_max = 8192; /* of a mutant; seeds are run whole */
static uint64_t random_state = 1;

/* xorshift64*, from Vigna, "An experimental exploration of Marsaglia's xorshift generators". */
static uint64_t next_random(void)
{
	random_state ^= random_state >> 12;
	random_state ^= random_state << 25;
	random_state ^= random_state >> 27;
	return random_state * UINT64_C(0x2545f4914f6cdd1d);
}

static size_t below(size_t limit)
{
	return limit ? (size_t)(next_random() % limit) : 0;
}

static void save_current(void)
{
	static const char note[] = "\nfuzz: the input is in the crash file\n";
	int fd = open(crash_file, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	if (fd < 0)
		return;
	if (write(fd, current.data, current.size) < 0 ||
		write(STDERR_FILENO, note, sizeof(note) - 1) < 0)
		_exit(1);
	close(fd);
}

static void on_signal(int number)
{
	static const char late[] = "\nfuzz: one input took too long\n";

	if (number == SIGALRM && write(STDERR_FILENO, late, sizeof(late) - 1) < 0)
		_exit(1);
	save_current();
	_exit(1);
}

/* Each input stands in a block of exactly its size, so that a read past it is seen. */
static void run(const uint8_t *data, size_t size, unsigned seconds)
{
	uint8_t *copy = malloc(size ? size : 1);

	if (!copy)
		abort();
	if (size)
		memcpy(copy, data, size);
	current = (struct input){copy, size};
	alarm(seconds);
	LLVMFuzzerTestOneInput(copy, size);
	alarm(0);
	current = (struct input){0};
	free(copy);
}

static int add_file(const char *path)
{
	FILE *file = fopen(path, "rb");
	struct stat st;
	struct input seed;

	if (!file || fstat(fileno(file), &st) < 0 || seed_count == SEEDS_MAX) {
		fprintf(stderr, "fuzz: cannot read %s\n", path);
		if (file)
			fclose(file);
		return -1;
	}
	seed.size = (size_t)st.st_size;
	seed.data = malloc(seed.size + 1);
	if (!seed.data)
		abort();
	seed.size = fread(seed.data, 1, seed.size, file);
	fclose(file);
	seeds[seed_count++] = seed;
	return 0;
}

static int add_path(const char *path)
{
	struct dirent **names;
	char child[4096];
	int count, result = 0;
	struct stat st;

	if (stat(path, &st) < 0 || !S_ISDIR(st.st_mode))
		return add_file(path);
	count = scandir(path, &names, NULL, alphasort);
	for (int i = 0; i < count; i++) {
		snprintf(child, sizeof(child), "%s/%s", path, names[i]->d_name);
		if (names[i]->d_name[0] != '.')
			result |= add_file(child);
		free(names[i]);
	}
	if (count >= 0)
		free(names);
	return count < 0 ? -1 : result;
}

/* The mutations. Each changes buf, which has room for bytes_max, and returns the new size. */

static size_t flip_bit(uint8_t *buf, size_t size)
{
	if (size)
		buf[below(size)] ^= (uint8_t)(1u << below(8));
	return size;
}

static size_t set_byte(uint8_t *buf, size_t size)
{
	static const uint8_t special[] = "\0\xff\x7f\x80\r\n\t \"\\{}[]:,;=<>%@/0-.e\xc0\xed";

	if (size)
		buf[below(size)] =
			below(2) ? special[below(sizeof(special))] : (uint8_t)next_random();
	return size;
}

static size_t insert(uint8_t *buf, size_t size, size_t at, const void *data, size_t length)
{
	if (length > bytes_max - size)
		length = bytes_max - size;
	memmove(buf + at + length, buf + at, size - at);
	memcpy(buf + at, data, length);
	return size + length;
}

static size_t insert_bytes(uint8_t *buf, size_t size)
{
	uint8_t run_of[64];
	size_t length = 1 + below(below(4) ? 4 : sizeof(run_of));

	memset(run_of, (int)next_random(), sizeof(run_of));
	return insert(buf, size, below(size + 1), run_of, length);
}

static size_t delete_bytes(uint8_t *buf, size_t size)
{
	size_t at = below(size), length = 1 + below(below(4) ? 4 : 256);

	if (length > size - at)
		length = size - at;
	memmove(buf + at, buf + at + length, size - at - length);
	return size - length;
}

static size_t cut_off(uint8_t *buf, size_t size)
{
	(void)buf;
	return below(size + 1);
}

/* Puts a piece of some seed into the input: words of one place turn up in another. */
static size_t splice_seed(uint8_t *buf, size_t size)
{
	const struct input *other = &seeds[below(seed_count)];
	size_t from = below(other->size), length = below(other->size - from + 1);

	return insert(buf, size, below(size + 1), other->data + from, length);
}

/* Overwrites digits in text, or 1 to 8 bytes, with a number at the edge of some type. */
static size_t edge_number(uint8_t *buf, size_t size)
{
	static const char *const text[] = {"0", "-1", "1e999", "255", "256", "32768", "65535",
		"65536", "2147483647", "-2147483648", "4294967296", "9223372036854775807",
		"18446744073709551616", "99999999999999999999999999", "0.1", "-0", "00"};
	static const uint64_t binary[] = {0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff,
		0x7fffffff, 0x80000000, 0xffffffff, UINT64_MAX, UINT64_MAX >> 1};
	size_t at = below(size), end, width = (size_t)1 << below(4);
	uint64_t value = binary[below(sizeof(binary) / sizeof(binary[0]))];
	const char *number = text[below(sizeof(text) / sizeof(text[0]))];
	size_t start = at;

	while (start < size && (buf[start] < '0' || buf[start] > '9'))
		start++;
	if (below(4) && start < size) {
		for (end = start; end < size && buf[end] >= '0' && buf[end] <= '9';)
			end++;
		memmove(buf + start, buf + end, size - end);
		return insert(buf, size - (end - start), start, number, strlen(number));
	}
	for (size_t i = 0; i < width && at + i < size; i++)
		buf[at + i] = (uint8_t)(value >> (8 * (width - 1 - i)));
	return size;
}

static size_t repeat_line(uint8_t *buf, size_t size)
{
	uint8_t line[1024];
	size_t start = below(size), end, length;

	while (start > 0 && buf[start - 1] != '\n')
		start--;
	for (end = start; end < size && buf[end] != '\n';)
		end++;
	end += end < size;
	length = end - start < sizeof(line) ? end - start : sizeof(line);
	memcpy(line, buf + start, length);
	for (size_t times = 1 + below(below(8) ? 2 : 64); times > 0; times--)
		size = insert(buf, size, start, line, length);
	return size;
}

static size_t mutate(uint8_t *buf, size_t size)
{
	static size_t (*const mutations[])(uint8_t *, size_t) = {flip_bit, set_byte, insert_bytes,
		delete_bytes, cut_off, splice_seed, edge_number, repeat_line};
	size_t steps = (size_t)1 << below(4);

	while (steps-- > 0)
		size = mutations[below(sizeof(mutations) / sizeof(mutations[0]))](buf, size);
	return size;
}

static void run_mutants(unsigned long count, unsigned seconds)
{
	uint8_t *buf = malloc(bytes_max);

	if (!buf)
		abort();
	for (unsigned long i = 0; i < count; i++) {
		const struct input *seed = &seeds[below(seed_count)];
		size_t size = seed->size < bytes_max ? seed->size : bytes_max;

		memcpy(buf, seed->data, size);
		size = mutate(buf, size);
		run(buf, size, seconds);
	}
	free(buf);
}

static double seconds_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void catch_crashes(void)
{
	static const int crashes[] = {SIGALRM, SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL};
	struct sigaction action = {.sa_handler = on_signal};

	/* The sanitizers print a report at a crash and then call back; their handlers stay. */
	if (__sanitizer_set_death_callback)
		__sanitizer_set_death_callback(save_current);
	for (size_t i = 0; i < sizeof(crashes) / sizeof(crashes[0]); i++) {
		if (!__sanitizer_set_death_callback || crashes[i] == SIGALRM)
			sigaction(crashes[i], &action, NULL);
	}
}

int main(int argc, char **argv)
{
	unsigned long mutants = 0;
	unsigned seconds = 5;
	double start;
	int option;

	while ((option = getopt(argc, argv, "n:s:t:m:o:")) != -1) {
		switch (option) {
		case 'n':
			mutants = strtoul(optarg, NULL, 10);
			break;
		case 's':
			random_state = strtoull(optarg, NULL, 10) | 1;
			break;
		case 't':
			seconds = (unsigned)strtoul(optarg, NULL, 10);
			break;
		case 'm':
			bytes_max = strtoul(optarg, NULL, 10);
			break;
		case 'o':
			crash_file = optarg;
			break;
		default:
			return 2;
		}
	}
	for (int i = optind; i < argc; i++) {
		if (add_path(argv[i]) < 0)
			return 2;
	}
	catch_crashes();
	start = seconds_now();
	for (size_t i = 0; i < seed_count; i++)
		run(seeds[i].data, seeds[i].size, seconds);
	if (seed_count == 0) /* mutants grow from nothing */
		seeds[seed_count++] = (struct input){calloc(1, 1), 0};
	run_mutants(mutants, seconds);
	printf("%zu seeds, %lu mutants, %.0f runs/s\n", seed_count, mutants,
		(double)(seed_count + mutants) / (seconds_now() - start + 1e-9));
	while (seed_count > 0)
		free(seeds[--seed_count].data);
	return 0;
}
