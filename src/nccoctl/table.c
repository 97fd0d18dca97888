#include "nccoctl/table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

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

static void print_cell(const struct table *table, size_t column, const char *text, size_t width)
{
	int padding = (int)(width - width_of(text));
	bool right = *table->titles[column] == '>', last = column + 1 == table->columns;

	printf("%s%*s%s%*s", column ? "  " : "", right ? padding : 0, "", text,
		right || last ? 0 : padding, "");
}

void table_print(const struct table *table)
{
	size_t widths[TABLE_COLUMNS];

	for (size_t i = 0; i < table->columns; i++) {
		widths[i] = width_of(title(table, i));
		for (size_t row = 0; row < table->rows; row++) {
			size_t width = width_of(table->cells[row * table->columns + i]);

			widths[i] = width > widths[i] ? width : widths[i];
		}
	}
	for (size_t i = 0; i < table->columns; i++)
		print_cell(table, i, title(table, i), widths[i]);
	putchar('\n');
	for (size_t at = 0; at < table->rows * table->columns; at++) {
		size_t column = at % table->columns;

		print_cell(table, column, table->cells[at], widths[column]);
		if (column + 1 == table->columns)
			putchar('\n');
	}
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
