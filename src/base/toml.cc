/* The one C++ file: toml++ parses, this turns its nodes into json-c objects. What toml++ throws
 * is caught here. Its assertions can be reached by input ("[{"), so they throw as well. Memory
 * running out is an abort by noexcept, as in xmalloc(). */
#include "base/toml.h"

struct toml_gave_up {
};

[[noreturn]] static void give_up()
{
	throw toml_gave_up();
}

#undef NDEBUG /* it would turn the assertions into promises to the optimiser */
#define TOML_ASSERT(expr)      ((expr) ? (void)0 : give_up())
#define TOML_EXCEPTIONS	       1
#define TOML_ENABLE_FORMATTERS 0
#define TOML_MAX_NESTED_VALUES 32 /* as JSON_MAX_DEPTH; bounds recursion */
#include <toml++/toml.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <sstream>
#include <string>
#include <string_view>

static std::string sentence_of(
	std::string_view name, toml::source_position at, std::string_view what)
{
	std::ostringstream out;

	out << name << ':' << at.line << ':' << at.column << ": ";
	for (char c : what)
		out << (static_cast<unsigned char>(c) < 0x20 ? ' ' : c);
	return out.str();
}

/* Keys such as a.a.a.a nest without a limit of toml++, and its destructors recurse: lines and the
 * dots in them are bounded beforehand. Both return the number of a bad line, or 0. */
static unsigned long_line(std::string_view text)
{
	size_t start = 0;
	unsigned line = 1;

	while (text.size() - start > TOML_MAX_LINE_BYTES) {
		size_t end = text.find('\n', start);

		if (end == text.npos || end - start > TOML_MAX_LINE_BYTES)
			return line;
		start = end + 1;
		line++;
	}
	return 0;
}

/* Dots between key parts. Those in strings count too, which no sane string notices: they start
 * again behind punctuation, and an ellipsis counts as one. */
static unsigned deep_line(std::string_view text)
{
	unsigned line = 1, dots = 0;
	char last = 0;

	for (char c : text) {
		if (c == '.' && last != '.' && ++dots > TOML_MAX_KEY_DOTS)
			return line;
		if (strchr("={}[],\n", c))
			dots = 0;
		line += c == '\n';
		last = c;
	}
	return 0;
}

static json_object *mark_at(json_object *object, toml::source_position at, bool date)
{
	toml_set_mark(object, {at.line, at.column, date});
	return object;
}

static json_object *convert(const toml::node &node, toml::source_position at);

static json_object *convert_table(const toml::table &table)
{
	json_object *object = json_object_new_object();

	for (auto &&[key, value] : table)
		json_object_object_add(
			object, std::string(key.str()).c_str(), convert(value, key.source().begin));
	return object;
}

static json_object *convert_array(const toml::array &array)
{
	json_object *object = json_object_new_array();

	for (const toml::node &value : array)
		json_object_array_add(object, convert(value, value.source().begin));
	return object;
}

template <typename T> static json_object *convert_date(const T &value)
{
	std::ostringstream out;

	out << value;
	return json_object_new_string(out.str().c_str());
}

static json_object *convert(const toml::node &node, toml::source_position at)
{
	if (auto table = node.as_table())
		return mark_at(convert_table(*table), at, false);
	if (auto array = node.as_array())
		return mark_at(convert_array(*array), at, false);
	if (auto text = node.as_string())
		return mark_at(json_object_new_string_len(
				       (*text)->data(), static_cast<int>((*text)->size())),
			at, false);
	if (auto number = node.as_integer())
		return mark_at(json_object_new_int64(**number), at, false);
	if (auto number = node.as_floating_point())
		return mark_at(json_object_new_double(**number), at, false);
	if (auto flag = node.as_boolean())
		return mark_at(json_object_new_boolean(**flag), at, false);
	if (auto date = node.as_date())
		return mark_at(convert_date(**date), at, true);
	if (auto time = node.as_time())
		return mark_at(convert_date(**time), at, true);
	return mark_at(convert_date(**node.as_date_time()), at, true);
}

static int parse(std::string_view name, std::string_view text, json_object **ret_object,
	std::string *ret_error)
{
	unsigned line = long_line(text), deep = deep_line(text);

	if (line || deep) {
		*ret_error = sentence_of(name, {line ? line : deep, 1},
			line ? "the line is longer than 4096 bytes"
			     : "the key has more than 64 dots");
		return -EINVAL;
	}
	try {
		*ret_object = mark_at(convert_table(toml::parse(text)), {1, 1}, false);
	} catch (const toml::parse_error &error) {
		*ret_error = sentence_of(name, error.source().begin, error.description());
		return -EINVAL;
	} catch (const toml_gave_up &) {
		*ret_error = std::string(name) + ": not TOML at all";
		return -EINVAL;
	}
	return 0;
}

int toml_parse(const char *name, const char *text, size_t length, struct json_object **ret_object,
	char **ret_error) noexcept
{
	std::string error;
	int err = -EINVAL;

	if (length > TOML_MAX_BYTES)
		error = std::string(name) + ": larger than 1 MiB";
	else
		err = parse(name, std::string_view(text, length), ret_object, &error);
	if (err < 0 && !(*ret_error = strdup(error.c_str())))
		abort();
	return err;
}

int toml_parse_value(const char *text, struct json_object **ret_value) noexcept
{
	std::string document = std::string("v = ") + text, error;
	json_object *object, *value;

	if (document.size() > TOML_MAX_BYTES || parse("", document, &object, &error) < 0)
		return -EINVAL;
	value = json_object_object_get(object, "v");
	if (json_object_object_length(object) != 1) {
		json_object_put(object);
		return -EINVAL;
	}
	*ret_value = json_object_get(value);
	json_object_put(object);
	return 0;
}

struct toml_mark toml_mark_of(struct json_object *object) noexcept
{
	void *mark = object ? json_object_get_userdata(object) : nullptr;

	return mark ? *static_cast<struct toml_mark *>(mark) : (struct toml_mark){};
}

static void free_mark(struct json_object *object, void *mark)
{
	(void)object;
	delete static_cast<struct toml_mark *>(mark);
}

void toml_set_mark(struct json_object *object, struct toml_mark mark) noexcept
{
	json_object_set_userdata(object, new struct toml_mark(mark), free_mark);
}
