#include "media/decode_mp3.h"

#include <errno.h>
#include <mpg123.h>

#define FEED_BYTES 4096
#define PCM_BYTES  16384

static mpg123_handle *open_feed(void)
{
	mpg123_handle *mp3 = mpg123_new(NULL, NULL);
	const long *rates;
	size_t count;

	if (!mp3)
		return NULL;
	mpg123_param(
		mp3, MPG123_ADD_FLAGS, MPG123_QUIET | MPG123_FORCE_MONO | MPG123_SKIP_ID3V2, 0);
	mpg123_param(mp3, MPG123_RESYNC_LIMIT, 65536, 0);
	mpg123_format_none(mp3);
	mpg123_rates(&rates, &count);
	for (size_t i = 0; i < count; i++)
		mpg123_format(mp3, rates[i], MPG123_MONO, MPG123_ENC_SIGNED_16);
	if (mpg123_open_feed(mp3) != MPG123_OK) {
		mpg123_delete(mp3);
		return NULL;
	}
	return mp3;
}

static int set_format(mpg123_handle *mp3, struct sink *sink)
{
	long rate;
	int channels, encoding;

	if (mpg123_getformat(mp3, &rate, &channels, &encoding) != MPG123_OK)
		return -EINVAL;
	return sink_format(sink, (unsigned)rate, (unsigned)channels);
}

/* All that can be decoded of what was fed. 1: it wants more; 0: the end. */
static int drain(mpg123_handle *mp3, struct sink *sink, bool *ret_sound)
{
	int16_t pcm[PCM_BYTES / sizeof(int16_t)];
	size_t bytes;
	int result, error;

	for (;;) {
		result = mpg123_read(mp3, (unsigned char *)pcm, sizeof(pcm), &bytes);
		if (bytes > 0) {
			error = sink_write(sink, pcm, bytes / sizeof(int16_t));
			if (error < 0)
				return error;
			*ret_sound = true;
		}
		if (result == MPG123_NEW_FORMAT) {
			error = set_format(mp3, sink);
			if (error < 0)
				return error;
		} else if (result == MPG123_NEED_MORE) {
			return 1;
		} else if (result != MPG123_OK) {
			return 0;
		}
	}
}

int decode_mp3(const unsigned char *data, size_t length, const atomic_bool *cancelled,
	struct sink *sink, const char **ret_error)
{
	mpg123_handle *mp3 = open_feed();
	bool sound = false;
	int result = mp3 ? 1 : -ENOMEM;

	while (result == 1 && length > 0) {
		size_t take = length < FEED_BYTES ? length : FEED_BYTES;

		if (cancelled && atomic_load(cancelled)) {
			result = -ECANCELED;
			break;
		}
		if (mpg123_feed(mp3, data, take) != MPG123_OK)
			break;
		data += take;
		length -= take;
		result = drain(mp3, sink, &sound);
	}
	if (mp3)
		mpg123_delete(mp3);
	if (result >= 0 && !sound)
		result = -EINVAL;
	if (result == -EINVAL)
		*ret_error = "the MP3 file holds no sound that can be decoded";
	return result < 0 ? result : 0;
}
