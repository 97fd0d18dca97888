#include "ncco/digits.h"

void digits_reset(struct digits *digits)
{
	digits->count = 0;
	digits->text[0] = 0;
}

bool digits_take(struct digits *digits, char digit)
{
	if (digit == '#' && digits->submit_on_hash)
		return true;
	digits->text[digits->count++] = digit;
	digits->text[digits->count] = 0;
	return digits->count >= digits->max;
}
