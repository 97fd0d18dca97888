/* Parses any text as a script, and runs what is one under events drawn from the text. */
#include <stddef.h>
#include <stdint.h>

#include "ncco/interp.h"
#include "ncco/trace.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct strbuf effects = STRBUF_INIT;
	struct ncco_document *document;
	struct ncco_faults faults;
	struct interp *interp;

	if (ncco_parse_text((const char *)data, size, "http://a/", NULL, &document, &faults) < 0) {
		ncco_faults_release(&faults);
		return 0;
	}
	interp = interp_new(&trace_host, &effects, 0);
	interp_run(interp, document);
	for (size_t i = 0; i < size && i < 256 && interp_running(interp); i++) {
		struct ncco_event event = {.type = data[i] % (NCCO_REPLY + 1),
			.number = 1,
			.failed = data[i] & 0x40,
			.final = data[i] & 0x20,
			.text = data[i] & 0x80 ? "yes" : "",
			.digit = "0123456789*#ABCD"[i % 16]};

		interp_event(interp, &event);
	}
	interp_free(interp);
	strbuf_release(&effects);
	return 0;
}
