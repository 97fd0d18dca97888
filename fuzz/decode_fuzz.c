/* Sound as a web server or a TTS adapter hands it over. The first byte chooses: the low bit
 * between a whole file and a stream, the rest the size of the stream's pieces. */
#include "media/decode.h"
#include "media/g711.h"

/* libsndfile 1.2.0 forgets the vorbis_info of some broken Ogg headers, and nothing else. */
const char *__lsan_default_suppressions(void);

const char *__lsan_default_suppressions(void)
{
	return "leak:vorbis_info_init";
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct prompt *prompt = prompt_new(&codec_pcmu);
	const char *error;

	if (size > 0 && data[0] & 1) {
		struct decode_stream *stream = decode_stream_new(prompt, 0.5);
		size_t piece = 1 + data[0];

		for (size_t at = 1; at < size; at += piece)
			decode_stream_feed(
				stream, data + at, size - at < piece ? size - at : piece);
		decode_stream_close(stream, false);
	} else if (size > 0) {
		decode_file(data + 1, size - 1, 0, NULL, prompt, &error);
	}
	prompt_unref(prompt);
	return 0;
}
