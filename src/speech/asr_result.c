#include "speech/asr_result.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define MAX_WORDS 4096
#define BLANKS	  " \t\r\n"

static bool read_number(struct json_object *object, const char *key, double fallback, double max,
	double *ret_number)
{
	struct json_object *value = json_member(object, key);

	*ret_number = fallback;
	if (!value)
		return true;
	return json_to_double(value, ret_number) == 0 && *ret_number >= 0 && *ret_number <= max;
}

static struct json_object *read_word(struct json_object *value)
{
	const char *text = json_text(value, "word", NULL);
	double start, end, confidence;
	struct json_object *word;

	if (!text || !read_number(value, "start", 0, 86400, &start) ||
		!read_number(value, "end", start, 86400, &end) || end < start ||
		!read_number(value, "confidence", 1, 1, &confidence))
		return NULL;
	word = json_object_new_object();
	json_add_text(word, "word", text);
	json_object_object_add(word, "start", json_object_new_double(start));
	json_object_object_add(word, "end", json_object_new_double(end));
	json_object_object_add(word, "confidence", json_object_new_double(confidence));
	return word;
}

/* NULL: some word is wrong. */
static struct json_object *read_words(struct json_object *values)
{
	struct json_object *words = json_object_new_array();
	size_t count = json_object_array_length(values);

	for (size_t i = 0; i < count; i++) {
		struct json_object *word =
			i < MAX_WORDS ? read_word(json_object_array_get_idx(values, i)) : NULL;

		if (!word) {
			json_object_put(words);
			return NULL;
		}
		json_object_array_add(words, word);
	}
	return words;
}

static char *trimmed(const char *text)
{
	size_t length;

	text += strspn(text, BLANKS);
	length = strlen(text);
	while (length && strchr(BLANKS, text[length - 1]))
		length--;
	return xstrndup(text, length);
}

static const char *read_object(struct json_object *object, struct asr_result *result)
{
	const char *text = json_text(object, "text", NULL);
	struct json_object *words = json_member(object, "words");

	if (!text)
		return "a result has no text";
	if (strlen(text) > ASR_MAX_TEXT_BYTES)
		return "a result's text is too long";
	if (!read_number(object, "confidence", 1, 1, &result->confidence))
		return "a result's confidence is not from 0 to 1";
	if (words && !json_object_is_type(words, json_type_array))
		return "a result's words are no list";
	result->words = words ? read_words(words) : NULL;
	if (words && !result->words)
		return "a result has a word that is none";
	result->final = json_flag(object, "final", true);
	result->text = trimmed(text);
	return NULL;
}

int asr_result_read(
	const char *line, size_t length, struct asr_result *ret_result, const char **ret_error)
{
	struct asr_result result = {0};
	struct json_object *object = NULL;

	if (json_parse(line, length, &object, NULL, NULL) < 0 ||
		!json_object_is_type(object, json_type_object))
		*ret_error = "a result is no JSON object";
	else
		*ret_error = read_object(object, &result);
	json_object_put(object);
	if (*ret_error)
		return -EINVAL;
	*ret_result = result;
	return 0;
}

void asr_result_release(struct asr_result *result)
{
	free(result->text);
	json_object_put(result->words);
	*result = (struct asr_result){0};
}
