/* SPDX-License-Identifier: MIT */
/* A Unix socket in the directory where wg(8) looks; see uapi_socket.h. */
#include "uapi_socket.h"

#include <errno.h>
#include <stdio.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <unistd.h>

#define DIRECTORY "/var/run/wireguard"
#define BACKLOG	  16
#define CHANGES                                                                                    \
	(IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR)

static int unix_socket(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	return fd < 0 ? -errno : fd;
}

/* Does somebody answer there? */
static bool is_served(const struct sockaddr_un *at)
{
	int fd = unix_socket();
	bool served;

	if (fd < 0)
		return false;
	served = connect(fd, (const struct sockaddr *)at, sizeof(*at)) == 0 || errno == EAGAIN;
	close(fd);
	return served;
}

static int bind_privately(int fd, const struct sockaddr_un *at)
{
	mode_t old = umask(077);
	int err = bind(fd, (const struct sockaddr *)at, sizeof(*at)) < 0 ? -errno : 0;

	umask(old);
	return err;
}

static int listen_there(struct uapi_socket *sock)
{
	struct stat st;
	int err = bind_privately(sock->fd, &sock->at);

	if (err == -EADDRINUSE && !is_served(&sock->at) && unlink(sock->at.sun_path) == 0)
		err = bind_privately(sock->fd, &sock->at);
	if (err)
		return err;
	if (listen(sock->fd, BACKLOG) < 0 || lstat(sock->at.sun_path, &st) < 0)
		return -errno;
	sock->dev = st.st_dev;
	sock->ino = st.st_ino;
	return 0;
}

static int watch_directory(struct uapi_socket *sock)
{
	sock->watch_fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (sock->watch_fd < 0)
		return -errno;
	return inotify_add_watch(sock->watch_fd, DIRECTORY, CHANGES) < 0 ? -errno : 0;
}

int uapi_socket_open(struct uapi_socket *sock, const char *interface)
{
	int err;

	*sock = (struct uapi_socket){.fd = -1, .watch_fd = -1, .at.sun_family = AF_UNIX};
	snprintf(sock->at.sun_path, sizeof(sock->at.sun_path), DIRECTORY "/%s.sock", interface);
	if (mkdir(DIRECTORY, 0755) < 0 && errno != EEXIST)
		return -errno;
	sock->fd = unix_socket();
	if (sock->fd < 0)
		return sock->fd;
	err = listen_there(sock);
	if (!err)
		err = watch_directory(sock);
	if (err)
		uapi_socket_close(sock);
	return err;
}

static bool is_ours(const struct uapi_socket *sock)
{
	struct stat st;

	return sock->ino != 0 && lstat(sock->at.sun_path, &st) == 0 && st.st_dev == sock->dev &&
	       st.st_ino == sock->ino;
}

bool uapi_socket_there(const struct uapi_socket *sock)
{
	char changes[4096] __attribute__((aligned(__alignof__(struct inotify_event))));

	while (read(sock->watch_fd, changes, sizeof(changes)) > 0)
		;
	return is_ours(sock);
}

void uapi_socket_close(struct uapi_socket *sock)
{
	if (is_ours(sock))
		unlink(sock->at.sun_path);
	if (sock->fd >= 0)
		close(sock->fd);
	if (sock->watch_fd >= 0)
		close(sock->watch_fd);
	*sock = (struct uapi_socket){.fd = -1, .watch_fd = -1};
}
