#include "call/transcript_text.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/strbuf.h"

static struct json_object *channels_of(struct json_object *transcript)
{
	return json_member(transcript, "channels");
}

struct json_object *transcript_text_new(const char *id, unsigned channels)
{
	struct json_object *transcript = json_object_new_object();
	struct json_object *list = json_object_new_array();

	json_add_text(transcript, "ver", "1.0.0");
	json_add_text(transcript, "request_id", id);
	for (unsigned i = 0; i < channels; i++) {
		struct json_object *channel = json_object_new_object();

		json_object_object_add(channel, "transcript", json_object_new_array());
		json_object_array_add(list, channel);
	}
	json_object_object_add(transcript, "channels", list);
	return transcript;
}

static uint64_t milliseconds(uint64_t from, struct json_object *word, const char *key)
{
	double seconds = 0;

	json_to_double(json_member(word, key), &seconds);
	return from + (uint64_t)(seconds * 1000 + 0.5);
}

static struct json_object *list_words(const struct transcript_sentence *sentence)
{
	struct json_object *list = json_object_new_array();
	size_t count = sentence->words ? json_object_array_length(sentence->words) : 0;

	for (size_t i = 0; i < count; i++) {
		struct json_object *word = json_object_array_get_idx(sentence->words, i);
		struct json_object *item = json_object_new_object();

		json_add_text(item, "word", json_text(word, "word", ""));
		json_add_int(
			item, "start_time", (int64_t)milliseconds(sentence->at_ms, word, "start"));
		json_add_int(item, "end_time", (int64_t)milliseconds(sentence->at_ms, word, "end"));
		json_object_object_add(
			item, "confidence", json_object_get(json_member(word, "confidence")));
		json_object_array_add(list, item);
	}
	return list;
}

/* With a capital letter and a full stop, where the recogniser has neither. malloc'd. */
static char *written(const char *text)
{
	struct strbuf sb = STRBUF_INIT;
	size_t length = strlen(text);

	strbuf_add(&sb, text, length);
	if (length && isalpha((unsigned char)*text))
		sb.data[0] = (char)toupper((unsigned char)*text);
	if (length && (isalnum((unsigned char)text[length - 1]) || text[length - 1] & 0x80))
		strbuf_addc(&sb, '.');
	return strbuf_detach(&sb);
}

void transcript_text_add(struct json_object *transcript, const struct transcript_sentence *sentence)
{
	static const char *const empty[] = {"action_items", "questions", "answers"};
	struct json_object *channel =
		json_object_array_get_idx(channels_of(transcript), sentence->channel);
	struct json_object *item = json_object_new_object();
	char *text = written(sentence->text);

	json_add_text(item, "sentence", text);
	json_add_text(item, "raw_sentence", sentence->text);
	json_add_int(item, "timestamp", (int64_t)sentence->at_ms);
	json_add_int(item, "duration", (int64_t)sentence->ms);
	json_object_object_add(item, "words", list_words(sentence));
	for (size_t i = 0; i < ARRAY_SIZE(empty); i++)
		json_object_object_add(item, empty[i], json_object_new_array());
	json_object_array_add(json_member(channel, "transcript"), item);
	free(text);
}

void transcript_text_end(struct json_object *transcript, uint64_t ms)
{
	struct json_object *channels = channels_of(transcript);
	size_t count = json_object_array_length(channels);

	for (size_t i = 0; i < count; i++)
		json_add_int(json_object_array_get_idx(channels, i), "duration", (int64_t)ms);
}
