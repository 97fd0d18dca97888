/* table.h - rows of text in columns, for people. */
#ifndef NCCOCTL_TABLE_H
#define NCCOCTL_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#define TABLE_COLUMNS 12

struct table;

/* titles: `columns` of them, borrowed; a title that begins with '>' is of a column whose texts
 * stand at its right. */
struct table *table_new(const char *const *titles, size_t columns);
void table_add(struct table *table, const char *const *cells); /* copies; NULL is "-" */
/* To standard output. A terminal gets lines that fit, and titles in bold unless $NO_COLOR is set.
 */
void table_print(const struct table *table);
struct table *table_free(struct table *table); /* NULL allowed; returns NULL */

/* A line, without what a terminal takes as orders. */
void table_print_text(const char *text);

/* Durations and sizes as people say them: "1:02:03", "4.2 MiB"; into out, which is returned. */
#define TABLE_TEXT_SIZE 32
char *table_duration(double seconds, char out[TABLE_TEXT_SIZE]);
char *table_size(double bytes, char out[TABLE_TEXT_SIZE]);

#endif
