/* Whole numbers to bits (ISO/IEC 11172-3, sections 2.4.2.7 and 2.4.3.4.6). */
#pragma GCC optimize("O3")

#include "media/mp3_private.h"

#define MAX_REGION0 16 /* bands */
#define MAX_REGION1 8

/* Where the scale factor bands of 16 kHz begin (ISO/IEC 13818-3, table B.8). */
static const uint16_t band_starts[] = {0, 6, 12, 18, 24, 30, 36, 44, 54, 66, 80, 96, 116, 140, 168,
	200, 238, 284, 336, 396, 464, 522, 576};

static unsigned length_of(uint32_t code)
{
	return 31 - (unsigned)__builtin_clz(code);
}

/* --- choosing and counting --- */

static unsigned max_of(const uint16_t *values, unsigned count)
{
	unsigned max = 0;

	for (unsigned i = 0; i < count; i++)
		max = values[i] > max ? values[i] : max;
	return max;
}

/* Without the signs, which cost the same in all tables. */
static unsigned count_pairs(const struct mp3_table *table, const uint16_t *values, unsigned count)
{
	unsigned bits = 0, size = table->max + 1u;

	if (table->linbits == 0) {
		for (unsigned i = 0; i < count; i += 2)
			bits += length_of(table->codes[values[i] * size + values[i + 1]]);
		return bits;
	}
	for (unsigned i = 0; i < count; i += 2) {
		unsigned x = values[i], y = values[i + 1];

		bits += table->linbits * ((x > 14) + (y > 14));
		x = x > 15 ? 15 : x;
		y = y > 15 ? 15 : y;
		bits += length_of(table->codes[x * 16 + y]);
	}
	return bits;
}

/* The first and the last of the tables that can hold such values. */
static void candidates(unsigned max, unsigned *ret_first, unsigned *ret_last)
{
	static const uint8_t first[] = {0, 1, 2, 5, 7, 7, 10, 10},
			     last[] = {0, 1, 3, 6, 9, 9, 12, 12};

	if (max <= 7) {
		*ret_first = first[max];
		*ret_last = last[max];
		return;
	}
	*ret_first = 13;
	*ret_last = 15;
}

static unsigned with_linbits(unsigned max, unsigned from)
{
	while (max - 15 >= 1u << mp3_tables[from].linbits)
		from++;
	return from;
}

/* The cheapest table for a region; its bits are added. */
static unsigned choose(const uint16_t *values, unsigned count, unsigned *bits)
{
	unsigned max = max_of(values, count), best = 0, least = 0, first, last;

	if (max == 0)
		return 0;
	candidates(max, &first, &last);
	if (max > 15) {
		first = with_linbits(max, 16);
		last = with_linbits(max, 24);
	}
	for (unsigned table = first; table <= last; table += max > 15 ? last - first : 1) {
		unsigned cost;

		if (!mp3_tables[table].codes)
			continue;
		cost = count_pairs(&mp3_tables[table], values, count);
		if (best == 0 || cost < least) {
			best = table;
			least = cost;
		}
	}
	*bits += least;
	return best;
}

/* A third of the bands that have big values for each region. */
static void divide(struct mp3_plan *plan)
{
	unsigned end = 2 * plan->pairs, bands = 1, first, second;

	while (band_starts[bands] < end)
		bands++;
	first = (bands + 2) / 3;
	first = first > MAX_REGION0 ? MAX_REGION0 : first;
	second = (bands - first + 1) / 2;
	second = second < 1 ? 1 : second > MAX_REGION1 ? MAX_REGION1 : second;
	plan->bands[0] = first - 1;
	plan->bands[1] = second - 1;
	plan->regions[0] = band_starts[first] < end ? band_starts[first] : end;
	plan->regions[1] = band_starts[first + second] < end ? band_starts[first + second] : end;
	plan->regions[1] -= plan->regions[0];
	plan->regions[2] = end - plan->regions[0] - plan->regions[1];
}

static unsigned quad_at(const uint16_t *values)
{
	return values[0] * 8u + values[1] * 4u + values[2] * 2u + values[3];
}

static void count_quads(struct mp3_plan *plan, const uint16_t *values)
{
	unsigned bits[2] = {0, 4 * plan->quads};

	for (unsigned i = 0; i < plan->quads; i++)
		bits[0] += length_of(mp3_quad_codes[0][quad_at(values + 4 * i)]);
	plan->quad_table = bits[1] < bits[0];
	plan->bits += bits[plan->quad_table];
}

void mp3_plan_make(struct mp3_plan *plan, const uint16_t values[MP3_FRAME])
{
	unsigned end = MP3_FRAME, signs = 0, at = 0;

	*plan = (struct mp3_plan){.bits = 0};
	while (end > 0 && !(values[end - 1] | values[end - 2]))
		end -= 2;
	for (unsigned i = 0; i < end; i++)
		signs += values[i] != 0;
	while (end >= 4 &&
		(values[end - 1] | values[end - 2] | values[end - 3] | values[end - 4]) <= 1) {
		plan->quads++;
		end -= 4;
	}
	plan->pairs = end / 2;
	plan->bits = signs;
	if (plan->pairs)
		divide(plan);
	for (int i = 0; i < 3; i++) {
		plan->tables[i] = choose(values + at, plan->regions[i], &plan->bits);
		at += plan->regions[i];
	}
	count_quads(plan, values + at);
}

/* --- writing --- */

/* The code with the signs of what is not zero behind it: at most 19 and 4 bits. */
static void put_signed(struct mp3_bits *bits, uint32_t code, const uint16_t *values,
	const float *lines, unsigned count)
{
	unsigned length = length_of(code);
	uint32_t word = code ^ 1u << length;

	for (unsigned i = 0; i < count; i++) {
		unsigned sign = values[i] != 0;

		word = word << sign | (sign & (lines[i] < 0));
		length += sign;
	}
	mp3_bits_put(bits, word, length);
}

/* One of them does not fit into the code: what is left of it comes before its sign. */
static void put_large(struct mp3_bits *bits, const struct mp3_table *table, const uint16_t *values,
	const float *lines)
{
	unsigned x = values[0] > 15 ? 15 : values[0], y = values[1] > 15 ? 15 : values[1];
	uint32_t code = table->codes[x * 16 + y];
	unsigned length = length_of(code);

	mp3_bits_put(bits, code ^ 1u << length, length);
	for (int i = 0; i < 2; i++) {
		if (values[i] > 14)
			mp3_bits_put(bits, values[i] - 15u, table->linbits);
		if (values[i])
			mp3_bits_put(bits, lines[i] < 0, 1);
	}
}

static void put_pair(struct mp3_bits *bits, const struct mp3_table *table, const uint16_t *values,
	const float *lines)
{
	if (table->linbits && (values[0] > 14 || values[1] > 14))
		put_large(bits, table, values, lines);
	else
		put_signed(bits, table->codes[values[0] * (table->max + 1u) + values[1]], values,
			lines, 2);
}

void mp3_plan_write(const struct mp3_plan *plan, const uint16_t values[MP3_FRAME],
	const float lines[MP3_FRAME], struct mp3_bits *bits)
{
	unsigned at = 0, end = 0;

	for (int i = 0; i < 3; i++) {
		const struct mp3_table *table = &mp3_tables[plan->tables[i]];

		end += plan->regions[i];
		for (; table->codes && at < end; at += 2)
			put_pair(bits, table, values + at, lines + at);
		at = end;
	}
	for (end += 4 * plan->quads; at < end; at += 4)
		put_signed(bits, mp3_quad_codes[plan->quad_table][quad_at(values + at)],
			values + at, lines + at, 4);
}
