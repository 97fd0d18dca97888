/* Any bytes as an offer, and as the answer to ours. */
#include "sip/sdp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct sdp_local local = {
		.codecs = {{"PCMU", 8000, 0}, {"opus", 48000, 107}},
		.codec_count = 2,
		.dtmf_payload_type = 101,
		.ptime_ms = 20,
		.family = AF_INET,
		.address = "127.0.0.1",
		.rtp_port = 12000,
	};
	struct strbuf out = STRBUF_INIT;
	struct sdp_session session;
	struct sdp_result result;
	const char *error;

	sdp_session_init(&session, &local);
	sdp_accept(&session, (const char *)data, size, &out, &result, &error);
	sdp_offer(&session, SDP_SENDRECV, &out);
	sdp_complete(&session, (const char *)data, size, &result, &error);
	sdp_session_release(&session);
	strbuf_release(&out);
	return 0;
}
