/* SPDX-License-Identifier: MIT */
/* A text that grows; see text_buffer.h. */
#include "text_buffer.h"

#include <string.h>

#include "room.h"

void text_append(struct text_buffer *buffer, const char *text, size_t len)
{
	while (!buffer->no_memory && buffer->room - buffer->len < len) {
		char *more = room_for_one(buffer->text, buffer->room, &buffer->room, 1);

		if (more)
			buffer->text = more;
		else
			buffer->no_memory = true;
	}
	if (buffer->no_memory)
		return;
	memcpy(buffer->text + buffer->len, text, len);
	buffer->len += len;
}

void text_clear(struct text_buffer *buffer)
{
	room_free(buffer->text, buffer->room, 1);
	*buffer = (struct text_buffer){0};
}
