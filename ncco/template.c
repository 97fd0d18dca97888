#include "ncco/template.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct part {
	struct strbuf text; /* what stands before the expression */
	struct expr *expr;  /* NULL in the last part */
};

struct member {
	char *key; /* NULL in an array */
	struct template *value;
};

struct template
{
	enum template_use use;
	enum json_type type;	     /* of the value */
	struct json_object *literal; /* without templates; else NULL */
	struct part *parts;	     /* of a string */
	struct member *members;	     /* of an array or object */
	unsigned count;
};

bool template_wanted(struct json_object *value)
{
	if (json_object_is_type(value, json_type_string))
		return strstr(json_object_get_string(value), "${") != NULL;
	if (json_object_is_type(value, json_type_array)) {
		for (size_t i = 0; i < json_object_array_length(value); i++) {
			if (template_wanted(json_object_array_get_idx(value, i)))
				return true;
		}
	} else if (json_object_is_type(value, json_type_object)) {
		json_object_object_foreach (value, key, member) {
			(void)key;
			if (template_wanted(member))
				return true;
		}
	}
	return false;
}

struct template *template_free(struct template *t)
{
	if (!t)
		return NULL;
	for (unsigned i = 0; i < t->count; i++) {
		if (t->parts) {
			strbuf_release(&t->parts[i].text);
			expr_free(t->parts[i].expr);
		} else {
			free(t->members[i].key);
			template_free(t->members[i].value);
		}
	}
	free(t->parts);
	free(t->members);
	json_object_put(t->literal);
	free(t);
	return NULL;
}

static struct part *add_part(struct template *t)
{
	t->parts = xrealloc(t->parts, (t->count + 1) * sizeof *t->parts);
	t->parts[t->count] = (struct part){.text = STRBUF_INIT};
	return &t->parts[t->count++];
}

/* 0, or -EINVAL after a fault. */
static int read_parts(struct reader *reader, struct template *t, const char *text)
{
	struct part *part = add_part(t);
	struct expr_fault fault;
	size_t length;

	while (*text) {
		if (strncmp(text, "$${", 3) == 0) {
			strbuf_adds(&part->text, "${");
			text += 3;
		} else if (strncmp(text, "${", 2) != 0) {
			strbuf_addc(&part->text, *text++);
		} else if (expr_compile_braced(text + 2, &part->expr, &length, &fault) < 0) {
			reader_fault(reader, "%s", fault.text);
			return -EINVAL;
		} else {
			text += 2 + length;
			part = add_part(t);
		}
	}
	return 0;
}

static int read_member(struct reader *reader, struct template *t, const char *key, size_t index,
	struct json_object *value)
{
	struct member *member = &t->members[t->count++];

	if (key)
		reader_enter(reader, key);
	else
		reader_enter_index(reader, index);
	*member = (struct member){xstrdup(key), template_read(reader, value, t->use)};
	reader_leave(reader);
	return member->value ? 0 : -EINVAL;
}

static int read_members(struct reader *reader, struct template *t, struct json_object *value)
{
	bool array = t->type == json_type_array;
	size_t count =
		array ? json_object_array_length(value) : (size_t)json_object_object_length(value);
	int err = 0;

	t->members = xcalloc(count, sizeof *t->members);
	for (size_t i = 0; array && i < count; i++)
		err |= read_member(reader, t, NULL, i, json_object_array_get_idx(value, i));
	if (!array) {
		json_object_object_foreach (value, key, member)
			err |= read_member(reader, t, key, 0, member);
	}
	return err;
}

struct template *template_read(
	struct reader *reader, struct json_object *value, enum template_use use)
{
	struct template *t = xcalloc(1, sizeof *t);
	int err = 0;

	t->use = use;
	t->type = json_object_get_type(value);
	if (!template_wanted(value))
		t->literal = json_object_get(value);
	else if (t->type == json_type_string)
		err = read_parts(reader, t, json_object_get_string(value));
	else
		err = read_members(reader, t, value);
	return err ? template_free(t) : t;
}

/* Filling in */

/* All but what RFC 3986 section 2.3 leaves unreserved. */
static void add_encoded(struct strbuf *out, const struct strbuf *text)
{
	for (size_t i = 0; i < text->length; i++) {
		unsigned char c = (unsigned char)text->data[i];

		if (isalnum(c) || (c && strchr("-._~", c)))
			strbuf_addc(out, (char)c);
		else
			strbuf_addf(out, "%%%02X", c);
	}
}

static void add_value(const struct template *t, const struct value *value, struct strbuf *out)
{
	struct strbuf text = STRBUF_INIT;
	bool in_url =
		t->use == TEMPLATE_URL && out->length > 0 && strncmp(out->data, "file:", 5) != 0;

	value_print(value, &text);
	if (in_url)
		add_encoded(out, &text);
	else
		strbuf_add(out, text.data, text.length);
	strbuf_release(&text);
}

static int fill_text(const struct template *t, const struct variables *variables,
	struct strbuf *out, struct expr_fault *ret_fault)
{
	for (unsigned i = 0; i < t->count; i++) {
		const struct part *part = &t->parts[i];
		struct value value;

		strbuf_add(out, part->text.data, part->text.length);
		if (!part->expr)
			continue;
		if (expr_evaluate(part->expr, variables, &value, ret_fault) < 0)
			return -EINVAL;
		add_value(t, &value, out);
		value_release(&value);
		if (out->length > 4 * NCCO_MAX_TEXT)
			return expr_fail(ret_fault, "becomes longer than 65536 bytes");
	}
	return 0;
}

static bool is_one_expression(const struct template *t)
{
	return t->count == 2 && t->parts[0].text.length == 0 && t->parts[1].text.length == 0;
}

static int make_text(const struct template *t, const struct variables *variables,
	struct json_object **ret_value, struct expr_fault *ret_fault)
{
	struct strbuf text = STRBUF_INIT;
	struct value value;
	int err;

	if (t->use == TEMPLATE_JSON && is_one_expression(t)) {
		err = expr_evaluate(t->parts[0].expr, variables, &value, ret_fault);
		if (err == 0) {
			*ret_value = value_to_json(&value);
			value_release(&value);
		}
		return err;
	}
	err = fill_text(t, variables, &text, ret_fault);
	if (err == 0)
		*ret_value = json_object_new_string_len(text.data, (int)text.length);
	strbuf_release(&text);
	return err;
}

static int make_member(const struct template *t, unsigned i, const struct variables *variables,
	struct json_object *out, struct strbuf *pointer, struct expr_fault *ret_fault)
{
	const struct member *member = &t->members[i];
	struct json_object *value = NULL;
	size_t length = pointer->length;

	if (member->key)
		pointer_add(pointer, member->key);
	else
		strbuf_addf(pointer, "/%u", i);
	if (template_make(member->value, variables, &value, pointer, ret_fault) < 0)
		return -EINVAL;
	pointer->length = length;
	pointer->data[length] = 0;
	if (member->key)
		json_object_object_add(out, member->key, value);
	else
		json_object_array_add(out, value);
	return 0;
}

int template_make(const struct template *t, const struct variables *variables,
	struct json_object **ret_value, struct strbuf *pointer, struct expr_fault *ret_fault)
{
	struct json_object *out;
	int err = 0;

	if (t->parts)
		return make_text(t, variables, ret_value, ret_fault);
	if (!t->members) {
		*ret_value = json_object_get(t->literal);
		return 0;
	}
	out = t->type == json_type_array ? json_object_new_array() : json_object_new_object();
	for (unsigned i = 0; i < t->count && err == 0; i++)
		err = make_member(t, i, variables, out, pointer, ret_fault);
	if (err == 0)
		*ret_value = out;
	else
		json_object_put(out);
	return err;
}
