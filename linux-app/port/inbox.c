/* SPDX-License-Identifier: MIT */
/* Datagrams received together; see inbox.h. */
#include "inbox.h"

#include <errno.h>
#include <sys/mman.h>

int inbox_init(struct inbox *inbox)
{
	void *map = mmap(NULL, (size_t)INBOX_MESSAGES * INBOX_ROOM, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (map == MAP_FAILED)
		return -ENOMEM;
	/* Large pages would be there as a whole as soon as one byte is. */
	madvise(map, (size_t)INBOX_MESSAGES * INBOX_ROOM, MADV_NOHUGEPAGE);
	*inbox = (struct inbox){.map = map};
	return 0;
}

void inbox_destroy(struct inbox *inbox)
{
	if (inbox->map)
		munmap(inbox->map, (size_t)INBOX_MESSAGES * INBOX_ROOM);
	*inbox = (struct inbox){0};
}

bool inbox_receive(struct inbox *inbox, int fd)
{
	int n;

	for (size_t i = 0; i < INBOX_MESSAGES; i++) {
		inbox->iov[i] = (struct iovec){inbox->map + i * INBOX_ROOM, INBOX_ROOM};
		inbox->messages[i].msg_hdr = (struct msghdr){
			.msg_name = &inbox->from[i],
			.msg_namelen = sizeof(inbox->from[i]),
			.msg_iov = &inbox->iov[i],
			.msg_iovlen = 1,
			.msg_control = &inbox->control[i],
			.msg_controllen = sizeof(inbox->control[i]),
		};
	}
	do {
		n = recvmmsg(fd, inbox->messages, INBOX_MESSAGES, 0, NULL);
	} while (n < 0 && errno == EINTR);
	inbox->count = n > 0 ? (size_t)n : 0;
	inbox->next = inbox->off = 0;
	return inbox->count > 0;
}

uint8_t *inbox_next(struct inbox *inbox, size_t *len, const struct udp_origin **origin)
{
	for (; inbox->next < inbox->count; inbox->next++, inbox->off = 0) {
		const struct mmsghdr *message = &inbox->messages[inbox->next];
		uint8_t *at = (uint8_t *)inbox->iov[inbox->next].iov_base + inbox->off;
		size_t left = message->msg_len - inbox->off;
		size_t segment;

		if (inbox->off == 0 && !udp_message_from(&message->msg_hdr, &inbox->origin))
			continue;
		segment = inbox->origin.segment;
		*len = segment > 0 && segment < left ? segment : left;
		*origin = &inbox->origin;
		inbox->off += *len;
		if (inbox->off == message->msg_len) {
			inbox->next++;
			inbox->off = 0;
		}
		return at;
	}
	return NULL;
}
