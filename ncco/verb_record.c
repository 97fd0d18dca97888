/* record: what the caller says and hears goes into a file. */
#include <string.h>

#include "base/mem.h"
#include "ncco/order_verbs.h"
#include "ncco/transcription.h"

struct record {
	struct step step;
	char *format;
	char *split;
	int channels;
	int end_on_silence;
	char *end_on_key;
	int timeout;
	bool beep;
	bool stop, pause, resume;
	struct transcription transcription;
	char *url;
	char *method;

	unsigned number; /* of the recording that is waited for; 0: none */
	bool stopping;
};

static const char *const formats[] = {"mp3", "wav", "ogg", NULL};
static const char *const splits[] = {"conversation", NULL};
static const char *const keys[] = {
	"0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "#", NULL};
static const char *const methods[] = {"GET", "POST", NULL};

static const struct param transcription_params[] = {
	TRANSCRIPTION_PARAMS(struct record, transcription),
	{.name = NULL},
};

static const struct param record_params[] = {
	{.name = "format",
		.type = PARAM_CHOICE,
		.values = formats,
		.offset = offsetof(struct record, format),
		.help = "Kind of file; without it the configured one."},
	{.name = "split",
		.type = PARAM_CHOICE,
		.values = splits,
		.offset = offsetof(struct record, split),
		.help = "\"conversation\" records the caller in the first channel and what the "
			"caller hears in the second, in place of one mix."},
	{.name = "channels",
		.type = PARAM_INT,
		.min = 1,
		.max = 32,
		.offset = offsetof(struct record, channels),
		.help = "Number of channels of a split recording."},
	{.name = "endOnSilence",
		.type = PARAM_INT,
		.min = 3,
		.max = 10,
		.offset = offsetof(struct record, end_on_silence),
		.help = "Seconds of silence of the caller that end the recording."},
	{.name = "endOnKey",
		.type = PARAM_CHOICE,
		.values = keys,
		.bare = true,
		.offset = offsetof(struct record, end_on_key),
		.help = "The digit that ends the recording."},
	{.name = "timeOut",
		.aliases = {"timeout"},
		.type = PARAM_INT,
		.min = 3,
		.max = 7200,
		.offset = offsetof(struct record, timeout),
		.help = "Seconds after which the recording ends."},
	{.name = "beepStart",
		.type = PARAM_BOOL,
		.fallback = "false",
		.offset = offsetof(struct record, beep),
		.help = "A beep tells that the recording starts."},
	{.name = "transcription",
		.type = PARAM_GROUP,
		.members = transcription_params,
		.help = "Asks for the text of what was recorded."},
	{.name = "stop",
		.type = PARAM_BOOL,
		.fallback = "false",
		.offset = offsetof(struct record, stop),
		.help = "Ends every recording of the call, in place of starting one."},
	{.name = "pause",
		.type = PARAM_BOOL,
		.fallback = "false",
		.offset = offsetof(struct record, pause),
		.help = "Leaves out of every recording of the call what follows."},
	{.name = "resume",
		.type = PARAM_BOOL,
		.fallback = "false",
		.offset = offsetof(struct record, resume),
		.help = "Ends the pause."},
	{.name = "eventUrl",
		.type = PARAM_URL,
		.offset = offsetof(struct record, url),
		.help = "Who is told of the file; without it the application's event_url."},
	{.name = "eventMethod",
		.type = PARAM_CHOICE,
		.values = methods,
		.offset = offsetof(struct record, method),
		.help = "GET or POST; without it as for the event webhook."},
	{.name = NULL},
};

static void record_parse(struct step *step, struct reader *reader)
{
	struct record *r = (struct record *)step;

	r->transcription.given = reader_has(reader, "transcription");
	if (r->stop + r->pause + r->resume > 1)
		reader_fault(reader, "one of \"stop\", \"pause\" and \"resume\" can be true");
	if (r->channels > 1 && !r->split)
		reader_fault_at(reader, "channels", "needs \"split\": \"conversation\"");
	if (r->channels > 2 && r->format && strcmp(r->format, "mp3") == 0)
		reader_fault_at(reader, "channels", "is more than the 2 of the format mp3");
}

void record_fill(const struct step *step, struct ncco_recording *ret)
{
	const struct record *r = (const struct record *)step;

	ret->timeout_s = (unsigned)r->timeout;
	ret->end_key = r->end_on_key ? r->end_on_key[0] : '\0';
	ret->record = (struct ncco_record){
		.pointer = step->pointer,
		.format = r->format,
		.channels = !r->split	  ? 1
			    : r->channels ? (unsigned)r->channels
					  : 2,
		.end_on_silence_s = (unsigned)r->end_on_silence,
		.beep = r->beep,
		.synchronous = r->end_on_silence || r->end_on_key || r->timeout,
		.url = r->url,
		.base = step->base,
		.method = r->method,
		.transcription =
			transcription_fill(&r->transcription, step->base, &ret->transcription),
	};
}

static enum step_result record_start(struct interp *in, struct step *step)
{
	struct record *r = (struct record *)step;
	struct ncco_recording wanted;

	r->number = 0;
	r->stopping = false;
	if (r->stop || r->pause || r->resume) {
		interp_record_order(in, 0,
			r->stop	   ? NCCO_RECORD_STOP
			: r->pause ? NCCO_RECORD_PAUSE
				   : NCCO_RECORD_RESUME);
		return STEP_DONE;
	}
	interp_answer(in);
	record_fill(step, &wanted);
	if (!wanted.record.synchronous) {
		interp_record(in, &wanted.record);
		return STEP_DONE;
	}
	r->number = interp_record(in, &wanted.record);
	if (r->timeout)
		interp_timer(in, r->timeout);
	if (r->end_on_key)
		interp_collect(in, true);
	return STEP_WAIT;
}

/* Ends the recording once; that it has ended comes as an event. */
static void stop_recording(struct interp *in, struct record *r)
{
	if (!r->number || r->stopping)
		return;
	r->stopping = true;
	interp_timer(in, 0);
	interp_collect(in, false);
	interp_record_order(in, r->number, NCCO_RECORD_STOP);
}

static enum step_result record_event(
	struct interp *in, struct step *step, const struct ncco_event *event)
{
	struct record *r = (struct record *)step;

	switch (event->type) {
	case NCCO_TIMER:
		stop_recording(in, r);
		return STEP_WAIT;
	case NCCO_DIGIT:
		if (r->end_on_key && event->digit == r->end_on_key[0])
			stop_recording(in, r);
		return STEP_WAIT;
	case NCCO_RECORDED:
		if (event->number != r->number)
			return STEP_WAIT;
		r->number = 0;
		return event->failed ? interp_fail(in, step, NULL,
					       event->reason ? event->reason : "cannot be recorded")
				     : STEP_DONE;
	default:
		return STEP_WAIT;
	}
}

static void record_stop(struct interp *in, struct step *step)
{
	stop_recording(in, (struct record *)step);
	interp_timer(in, 0);
	interp_collect(in, false);
}

const struct verb verb_record = {
	.name = "record",
	.help = "Records the call.",
	.size = sizeof(struct record),
	.params = record_params,
	.parse = record_parse,
	.start = record_start,
	.event = record_event,
	.stop = record_stop,
};
