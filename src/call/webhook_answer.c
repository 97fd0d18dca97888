/* What a web application has answered: a script, data, or something that is neither. */
#include <string.h>

#include "base/log.h"
#include "base/strbuf.h"
#include "call/webhook_private.h"

static bool blank(const char *text)
{
	return text[strspn(text, " \t\r\n")] == '\0';
}

static void tell_faults(struct webhook_line *line, const struct ncco_faults *faults)
{
	struct json_object *body = json_object_new_object();
	struct strbuf text = STRBUF_INIT;

	strbuf_adds(&text, "Syntax error in NCCO. ");
	for (size_t i = 0; i < faults->count && i < 8; i++)
		strbuf_addf(&text, "%s%s: %s", i ? "; " : "", faults->items[i].pointer,
			faults->items[i].message);
	log_warn(line->id, "%s", text.data);
	json_add_text(body, "reason", text.data);
	json_add_text(body, "conversation_uuid", line->conversation_uuid);
	json_add_text(body, "uuid", line->id);
	strbuf_release(&text);
	if (line->closed)
		json_object_put(body);
	else
		webhook_event(line, NULL, NULL, body);
}

const char *webhook_read_answer(
	struct delivery *d, const struct http_response *r, struct webhook_reply *reply)
{
	struct ncco_faults faults = {0};
	int err;

	if (d->kind == WEBHOOK_EVENT && blank(r->body))
		return NULL;
	err = ncco_parse_answer(r->body, r->body_length, r->url, &d->line->env->limits,
		&reply->document, &reply->data, &faults);
	if (err == 0 && (reply->document || d->kind == WEBHOOK_EVENT))
		return NULL;
	if (err == 0) /* data, where a script is needed: its faults are those of the document */
		ncco_parse_json(
			reply->data, r->url, &d->line->env->limits, &reply->document, &faults);
	tell_faults(d->line, &faults);
	ncco_faults_release(&faults);
	return "Invalid NCCO.";
}
