#include "nccoctl/table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/mem.h"

#define NARROWEST 8 /* that a column is made */

struct table {
	const char *const *titles;
	size_t columns, rows;
	char **cells; /* row by row */
};

struct table *table_new(const char *const *titles, size_t columns)
{
	struct table *table = xcalloc(1, sizeof(*table));

	table->titles = titles;
	table->columns = columns < TABLE_COLUMNS ? columns : TABLE_COLUMNS;
	return table;
}

/* A terminal takes control characters as orders. */
static char *clean(const char *text)
{
	char *copy = xstrdup(text ? text : "-");

	for (char *at = copy; *at; at++)
		if ((unsigned char)*at < 0x20 || *at == 0x7f)
			*at = '?';
	return copy;
}

void table_add(struct table *table, const char *const *cells)
{
	size_t at = table->rows * table->columns;

	table->cells = xrealloc(table->cells, (at + table->columns) * sizeof(*table->cells));
	for (size_t i = 0; i < table->columns; i++)
		table->cells[at + i] = clean(cells[i]);
	table->rows++;
}

/* Characters of UTF-8. */
static size_t width_of(const char *text)
{
	size_t width = 0;

	for (; *text; text++)
		width += ((unsigned char)*text & 0xc0) != 0x80;
	return width;
}

static const char *title(const struct table *table, size_t column)
{
	return table->titles[column] + (*table->titles[column] == '>');
}

/* The text up to that width, with an ellipsis if there is more. */
static void print_cell(const struct table *table, size_t column, const char *text, size_t width)
{
	size_t length = width_of(text), keep = length > width ? width - 1 : length;
	bool right = *table->titles[column] == '>', last = column + 1 == table->columns;
	int padding = length > width ? 0 : (int)(width - length), bytes = 0;

	for (size_t shown = 0; text[bytes]; bytes++) {
		shown += ((unsigned char)text[bytes] & 0xc0) != 0x80;
		if (shown > keep)
			break;
	}
	printf("%s%*s%.*s%s%*s", column ? "  " : "", right ? padding : 0, "", bytes, text,
		length > width ? "\xe2\x80\xa6" : "", right || last ? 0 : padding, "");
}

/* Columns of the terminal; 0: there is none. */
static size_t terminal_width(void)
{
	struct winsize size;

	if (!isatty(STDOUT_FILENO) || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0)
		return 0;
	return size.ws_col;
}

/* Takes from the widest until all fit; the first column, by which a row is asked for, stays whole.
 */
static void fit(const struct table *table, size_t *widths, size_t space)
{
	size_t total = 2 * (table->columns - 1);

	for (size_t i = 0; i < table->columns; i++)
		total += widths[i];
	while (total > space) {
		size_t widest = 0;

		for (size_t i = 1; i < table->columns; i++)
			if (widths[i] > NARROWEST && (!widest || widths[i] > widths[widest]))
				widest = i;
		if (!widest)
			return;
		widths[widest]--;
		total--;
	}
}

static void measure(const struct table *table, size_t *widths)
{
	for (size_t i = 0; i < table->columns; i++) {
		widths[i] = width_of(title(table, i));
		for (size_t row = 0; row < table->rows; row++) {
			size_t width = width_of(table->cells[row * table->columns + i]);

			widths[i] = width > widths[i] ? width : widths[i];
		}
	}
}

void table_print(const struct table *table)
{
	size_t widths[TABLE_COLUMNS], space = terminal_width();
	bool bold = isatty(STDOUT_FILENO) && !getenv("NO_COLOR");

	measure(table, widths);
	if (space)
		fit(table, widths, space);
	if (bold)
		fputs("\033[1m", stdout);
	for (size_t i = 0; i < table->columns; i++)
		print_cell(table, i, title(table, i), widths[i]);
	puts(bold ? "\033[0m" : "");
	for (size_t at = 0; at < table->rows * table->columns; at++) {
		size_t column = at % table->columns;

		print_cell(table, column, table->cells[at], widths[column]);
		if (column + 1 == table->columns)
			putchar('\n');
	}
}

void table_print_text(const char *text)
{
	char *copy = clean(text);

	puts(copy);
	free(copy);
}

struct table *table_free(struct table *table)
{
	if (!table)
		return NULL;
	for (size_t i = 0; i < table->rows * table->columns; i++)
		free(table->cells[i]);
	free(table->cells);
	free(table);
	return NULL;
}

char *table_duration(double seconds, char out[TABLE_TEXT_SIZE])
{
	unsigned long s = seconds > 0 ? (unsigned long)(seconds + 0.5) : 0;

	if (s >= 86400)
		snprintf(out, TABLE_TEXT_SIZE, "%lud %lu:%02lu:%02lu", s / 86400, s / 3600 % 24,
			s / 60 % 60, s % 60);
	else if (s >= 3600)
		snprintf(out, TABLE_TEXT_SIZE, "%lu:%02lu:%02lu", s / 3600, s / 60 % 60, s % 60);
	else
		snprintf(out, TABLE_TEXT_SIZE, "%lu:%02lu", s / 60, s % 60);
	return out;
}

char *table_size(double bytes, char out[TABLE_TEXT_SIZE])
{
	static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
	size_t unit = 0;

	for (; bytes >= 1000 && unit + 1 < ARRAY_SIZE(units); unit++)
		bytes /= 1024;
	snprintf(out, TABLE_TEXT_SIZE, unit ? "%.1f %s" : "%.0f %s", bytes, units[unit]);
	return out;
}
