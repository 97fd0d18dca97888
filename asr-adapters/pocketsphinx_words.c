#include "asr-adapters/pocketsphinx_words.h"

#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"

#define ESPEAK_MS 2000

struct sound {
	const char *ipa, *phones; /* "": not heard */
};

/* Longer ones before their beginnings. */
static const struct sound sounds[] = {
	{"aɪ", "AY"},
	{"aʊ", "AW"},
	{"eɪ", "EY"},
	{"oʊ", "OW"},
	{"əʊ", "OW"},
	{"ɔɪ", "OY"},
	{"dʒ", "JH"},
	{"tʃ", "CH"},
	{"ɔːɹ", "AO R"},
	{"ɑːɹ", "AA R"},
	{"ɔː", "AO"},
	{"ɑː", "AA"},
	{"ɜː", "ER"},
	{"iː", "IY"},
	{"uː", "UW"},
	{"æ", "AE"},
	{"ɐ", "AH"},
	{"ɑ", "AA"},
	{"ɒ", "AA"},
	{"ɔ", "AO"},
	{"ə", "AH"},
	{"ɚ", "ER"},
	{"ɛ", "EH"},
	{"ɜ", "ER"},
	{"ɪ", "IH"},
	{"ᵻ", "IH"},
	{"ʊ", "UH"},
	{"ʌ", "AH"},
	{"a", "AA"},
	{"e", "EH"},
	{"i", "IY"},
	{"o", "OW"},
	{"u", "UW"},
	{"b", "B"},
	{"d", "D"},
	{"ð", "DH"},
	{"f", "F"},
	{"ɡ", "G"},
	{"g", "G"},
	{"h", "HH"},
	{"j", "Y"},
	{"k", "K"},
	{"l", "L"},
	{"m", "M"},
	{"n̩", "AH N"},
	{"n", "N"},
	{"ŋ", "NG"},
	{"p", "P"},
	{"ɹ", "R"},
	{"r", "R"},
	{"s", "S"},
	{"ʃ", "SH"},
	{"t", "T"},
	{"ɾ", "T"},
	{"ʔ", "T"},
	{"θ", "TH"},
	{"v", "V"},
	{"w", "W"},
	{"x", "K"},
	{"z", "Z"},
	{"ʒ", "ZH"},
	{"ˈ", ""},
	{"ˌ", ""},
	{"ː", ""},
	{"̩", ""},
	{"‍", ""},
	{"_", ""},
	{" ", ""},
	{"\n", ""},
};

static const struct sound *find_sound(const char *ipa)
{
	for (size_t i = 0; i < ARRAY_SIZE(sounds); i++) {
		if (strncmp(ipa, sounds[i].ipa, strlen(sounds[i].ipa)) == 0)
			return &sounds[i];
	}
	return NULL;
}

bool words_from_ipa(const char *ipa, char phones[PHONES_SIZE])
{
	size_t length = 0;

	while (*ipa) {
		const struct sound *sound = find_sound(ipa);

		if (!sound)
			return false;
		ipa += strlen(sound->ipa);
		if (!*sound->phones)
			continue;
		if (length + strlen(sound->phones) + 2 > PHONES_SIZE)
			return false;
		length += (size_t)snprintf(phones + length, PHONES_SIZE - length, "%s%s",
			length ? " " : "", sound->phones);
	}
	return length > 0;
}

/* What it prints, at most `size` - 1 bytes; it is not waited for longer than ESPEAK_MS. */
static size_t read_answer(int fd, char *answer, size_t size)
{
	size_t length = 0;
	ssize_t n = 1;

	while (n > 0 && length < size - 1) {
		struct pollfd wait = {.fd = fd, .events = POLLIN};

		if (poll(&wait, 1, ESPEAK_MS) <= 0)
			break;
		n = read(fd, answer + length, size - 1 - length);
		length += n > 0 ? (size_t)n : 0;
	}
	answer[length] = '\0';
	return length;
}

static bool ask_espeak(const char *word, char *answer, size_t size)
{
	char *argv[] = {"espeak-ng", "-q", "--ipa", "-v", "en-us", "--", (char *)word, NULL};
	posix_spawn_file_actions_t actions;
	int ends[2];
	pid_t pid;
	int error;

	if (pipe(ends) < 0)
		return false;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", 0, 0);
	posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", 1, 0);
	posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
	posix_spawn_file_actions_addclosefrom_np(&actions, 3);
	error = posix_spawnp(&pid, argv[0], &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	close(ends[1]);
	answer[0] = '\0';
	if (!error) {
		read_answer(ends[0], answer, size);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
	close(ends[0]);
	return answer[0] != '\0';
}

bool words_pronounce(const char *word, char phones[PHONES_SIZE])
{
	char ipa[512];

	return strlen(word) < WORD_BYTES && ask_espeak(word, ipa, sizeof(ipa)) &&
	       words_from_ipa(ipa, phones);
}
