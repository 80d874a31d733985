/* SPDX-License-Identifier: MIT */
/* A serial line; see line.h. */
#include "line.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "crypto/secret.h"

static void hang_up(struct line *line)
{
	loop_remove(line->loop, &line->terminal);
	close(line->terminal.fd);
	line->terminal.fd = -1;
	line->out_len = 0;
	loop_add(line->loop, &line->listener, EPOLLIN);
}

static void watch(struct line *line)
{
	uint32_t events = 0;

	if (line->out_len > 0)
		events |= EPOLLOUT;
	if (line->out_len < LINE_OUT_PAUSE)
		events |= EPOLLIN;
	loop_change(line->loop, &line->terminal, events);
}

static void flush(struct line *line)
{
	while (line->out_len > 0) {
		ssize_t n = write(line->terminal.fd, line->out, line->out_len);

		if (n <= 0)
			break;
		line->out_len -= (size_t)n;
		memmove(line->out, line->out + n, line->out_len);
	}
}

void line_put(void *ctx, const char *text, size_t len)
{
	struct line *line = ctx;

	if (line->terminal.fd < 0)
		return;
	if (len > sizeof(line->out) - line->out_len)
		len = sizeof(line->out) - line->out_len;
	memcpy(line->out + line->out_len, text, len);
	line->out_len += len;
}

static void terminal_ready(void *ctx, uint32_t events)
{
	struct line *line = ctx;
	uint8_t bytes[256];
	ssize_t n = -1;

	errno = EAGAIN;
	if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
		n = read(line->terminal.fd, bytes, sizeof(bytes));
	if (n > 0)
		line->input(line->ctx, bytes, (size_t)n);
	zwg_wipe(bytes, sizeof(bytes));
	if (line->listener.fd >= 0 && (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))) {
		hang_up(line);
		return;
	}
	flush(line);
	watch(line);
}

static void begin(struct line *line)
{
	line->connected(line->ctx);
	flush(line);
	watch(line);
}

static void listener_ready(void *ctx, uint32_t events)
{
	struct line *line = ctx;
	int fd = accept4(line->listener.fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	(void)events;
	if (fd < 0)
		return;
	/* The next one waits until this one has gone: a serial port has one user. */
	loop_remove(line->loop, &line->listener);
	line->terminal.fd = fd;
	loop_add(line->loop, &line->terminal, EPOLLIN);
	begin(line);
}

static void line_init(struct line *line, struct loop *loop)
{
	line->loop = loop;
	line->terminal = (struct loop_source){.fd = -1, .ready = terminal_ready, .ctx = line};
	line->listener = (struct loop_source){.fd = -1, .ready = listener_ready, .ctx = line};
	line->keep_open = -1;
	line->link[0] = '\0';
	line->out_len = 0;
}

/* The link appears at once or not at all, and never replaces anything but a link. */
static int make_link(struct line *line, const char *link)
{
	char fresh[sizeof(line->link)];
	struct stat st;

	if (lstat(link, &st) == 0 && !S_ISLNK(st.st_mode))
		return -EEXIST;
	if ((size_t)snprintf(fresh, sizeof(fresh), "%s.%d", link, (int)getpid()) >= sizeof(fresh))
		return -ENAMETOOLONG;
	if (symlink(line->name, fresh) < 0)
		return -errno;
	if (rename(fresh, link) < 0) {
		int err = -errno;

		unlink(fresh);
		return err;
	}
	snprintf(line->link, sizeof(line->link), "%s", link);
	return 0;
}

static int open_terminal(struct line *line)
{
	struct termios raw;

	line->terminal.fd = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (line->terminal.fd < 0 || grantpt(line->terminal.fd) < 0 ||
	    unlockpt(line->terminal.fd) < 0)
		return -errno;
	if (ptsname_r(line->terminal.fd, line->name, sizeof(line->name)) != 0)
		return -errno;
	line->keep_open = open(line->name, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (line->keep_open < 0 || tcgetattr(line->keep_open, &raw) < 0)
		return -errno;
	cfmakeraw(&raw);
	return tcsetattr(line->keep_open, TCSANOW, &raw) < 0 ? -errno : 0;
}

int line_open_pty(struct line *line, struct loop *loop, const char *link)
{
	int err;

	line_init(line, loop);
	err = open_terminal(line);
	if (!err && link)
		err = make_link(line, link);
	if (!err)
		err = loop_add(loop, &line->terminal, EPOLLIN);
	if (err)
		line_close(line);
	else
		begin(line);
	return err;
}

int line_open_tcp(struct line *line, struct loop *loop, uint16_t port)
{
	struct sockaddr_in at = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t len = sizeof(at);
	int one = 1, fd, err = 0;

	line_init(line, loop);
	fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	line->listener.fd = fd;
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) < 0 ||
	    bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0 || listen(fd, 8) < 0 ||
	    getsockname(fd, (struct sockaddr *)&at, &len) < 0)
		err = -errno;
	if (!err)
		err = loop_add(loop, &line->listener, EPOLLIN);
	if (err)
		line_close(line);
	snprintf(line->name, sizeof(line->name), "socket://127.0.0.1:%u", ntohs(at.sin_port));
	return err;
}

void line_close(struct line *line)
{
	struct loop_source *sources[] = {&line->terminal, &line->listener};

	for (size_t i = 0; i < 2; i++) {
		loop_remove(line->loop, sources[i]);
		if (sources[i]->fd >= 0)
			close(sources[i]->fd);
		sources[i]->fd = -1;
	}
	if (line->keep_open >= 0)
		close(line->keep_open);
	line->keep_open = -1;
	if (line->link[0])
		unlink(line->link);
	line->link[0] = '\0';
	zwg_wipe(line->out, sizeof(line->out));
}
