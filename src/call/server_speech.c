#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "call/server_private.h"
#include "call/transcript.h"
#include "speech/asr.h"
#include "speech/speech.h"

static void open_tts(struct server *server, const struct config_speech *tts)
{
	char *cache_dir = xasprintf("%s/speech", server->config->state_directory), *error = NULL;
	const struct speech_config config = {
		.adapter_dir = tts->adapters,
		.cache_dir = cache_dir,
		.adapter = tts->default_adapter,
		.fallback = (const char *const *)tts->fallback,
		.breaker_failures = tts->breaker_failures,
		.breaker_seconds = tts->breaker_seconds,
		.options = tts->options,
		.concurrency = tts->concurrency,
		.timeout_ms = tts->timeout_ms,
	};

	server->speech = speech_new(server->loop, &config, &error);
	if (!server->speech)
		log_warn(NULL, "scripts cannot speak: %s", error);
	free(error);
	free(cache_dir);
}

static void open_asr(struct server *server, const struct config_speech *asr)
{
	const struct asr_config config = {
		.adapter_dir = asr->adapters,
		.adapter = asr->default_adapter,
		.fallback = (const char *const *)asr->fallback,
		.breaker_failures = asr->breaker_failures,
		.breaker_seconds = asr->breaker_seconds,
		.options = asr->options,
		.concurrency = asr->concurrency,
		.timeout_ms = asr->timeout_ms,
	};
	char *error = NULL;

	server->asr = asr_new(server->loop, &config, &error);
	if (!server->asr)
		log_warn(NULL, "scripts cannot understand speech: %s", error);
	free(error);
}

/* Neither is needed by every script: without an adapter nccod runs and says so. */
void server_open_speech(struct server *server)
{
	open_tts(server, &server->config->tts);
	open_asr(server, &server->config->asr);
	server->transcripts = transcripts_new(server);
}

void server_take_speech(struct server *server)
{
	if (server->speech)
		speech_set_options(server->speech, server->config->tts.options);
	if (server->asr)
		asr_set_options(server->asr, server->config->asr.options);
}
