/* SPDX-License-Identifier: MIT */
/* Decimal numbers, without the C library's formatting, which a small board can do without. */
#include "text.h"

bool zwg_number_parse(const char *text, size_t len, uint64_t min, uint64_t max, uint64_t *value)
{
	uint64_t sum = 0;

	if (len == 0 || len > ZWG_NUMBER_TEXT_SIZE - 1) {
		return false;
	}
	for (size_t i = 0; i < len; i++) {
		uint32_t digit = (uint32_t)(unsigned char)text[i] - '0';

		if (digit > 9 || sum > UINT64_MAX / 10 || sum * 10 > UINT64_MAX - digit) {
			return false;
		}
		sum = sum * 10 + digit;
	}
	if (sum < min || sum > max) {
		return false;
	}
	*value = sum;
	return true;
}

size_t zwg_number_format(uint64_t value, char text[ZWG_NUMBER_TEXT_SIZE])
{
	char digits[ZWG_NUMBER_TEXT_SIZE];
	size_t count = 0;

	do {
		digits[count++] = (char)('0' + (int)(value % 10));
		value /= 10;
	} while (value > 0);
	for (size_t i = 0; i < count; i++) {
		text[i] = digits[count - 1 - i];
	}
	text[count] = '\0';
	return count;
}
