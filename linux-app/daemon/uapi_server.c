/* SPDX-License-Identifier: MIT */
/* Connections of the cross-platform interface; see uapi_server.h. */
#include "uapi_server.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "crypto/secret.h"
#include "uapi_apply.h"
#include "uapi_set.h"

#define MAX_CONNECTIONS 16
#define INPUT_SIZE	16384 /* And no line is longer. */

enum request {
	REQUEST_NONE, /* The next line says which. */
	REQUEST_GET,
	REQUEST_SET,
	REQUEST_UNKNOWN,
};

struct uapi_connection {
	struct uapi_server *server;
	struct uapi_connection *next;
	struct uapi_connection *previous;
	struct loop_source source;
	enum request request;
	int err;	/* Of the request; the rest of it is skipped. */
	bool ended;	/* Nothing more will come. */
	bool long_line; /* What comes next belongs to a line that did not fit. */
	struct uapi_set set;
	struct text_buffer answer;
	size_t sent;
	size_t input_len;
	char input[INPUT_SIZE];
};

/* The list, newest first */

static void list_remove(struct uapi_connection *conn)
{
	struct uapi_server *server = conn->server;

	if (conn->previous)
		conn->previous->next = conn->next;
	else
		server->newest = conn->next;
	if (conn->next)
		conn->next->previous = conn->previous;
	conn->next = NULL;
	conn->previous = NULL;
}

static void list_add(struct uapi_connection *conn)
{
	struct uapi_server *server = conn->server;

	conn->next = server->newest;
	if (conn->next)
		conn->next->previous = conn;
	server->newest = conn;
}

static void connection_close(struct uapi_connection *conn)
{
	struct uapi_server *server = conn->server;

	list_remove(conn);
	server->connections--;
	loop_remove(server->loop, &conn->source);
	close(conn->source.fd);
	uapi_set_clear(&conn->set);
	text_clear(&conn->answer);
	zwg_wipe(conn, sizeof(*conn));
	free(conn);
}

/* Requests */

static void request_end(struct uapi_connection *conn)
{
	struct uapi_server *server = conn->server;
	char last[32];

	if (!conn->err && conn->request == REQUEST_SET)
		conn->err = uapi_apply(server->iface, &conn->set);
	if (!conn->err && conn->request == REQUEST_GET)
		conn->err = uapi_get(server->iface, &server->epoch, &conn->answer);
	if (conn->err)
		text_clear(&conn->answer);
	text_append(&conn->answer, last,
		    (size_t)snprintf(last, sizeof(last), "errno=%d\n\n", conn->err));
	uapi_set_clear(&conn->set);
	conn->request = REQUEST_NONE;
	conn->err = 0;
}

static bool equals(const char *line, size_t len, const char *text)
{
	return len == strlen(text) && memcmp(line, text, len) == 0;
}

static void request_line(struct uapi_connection *conn, const char *line, size_t len)
{
	if (len == 0) {
		/* Empty lines between requests mean nothing. */
		if (conn->request != REQUEST_NONE)
			request_end(conn);
	} else if (conn->request == REQUEST_NONE) {
		conn->request = equals(line, len, "get=1")   ? REQUEST_GET
				: equals(line, len, "set=1") ? REQUEST_SET
							     : REQUEST_UNKNOWN;
		if (conn->request == REQUEST_UNKNOWN)
			conn->err = memchr(line, '=', len) ? -EINVAL : -EPROTO;
	} else if (!conn->err) {
		conn->err = conn->request == REQUEST_SET ? uapi_set_line(&conn->set, line, len)
							 : -EINVAL;
	}
}

static void drop_input(struct uapi_connection *conn, size_t len)
{
	memmove(conn->input, conn->input + len, conn->input_len - len);
	conn->input_len -= len;
	zwg_wipe(conn->input + conn->input_len, len);
}

/* A line that does not fit is none that a request may have. */
static void refuse_long_line(struct uapi_connection *conn)
{
	if (conn->request == REQUEST_NONE)
		conn->request = REQUEST_UNKNOWN;
	if (!conn->err)
		conn->err = -EINVAL;
	conn->long_line = true;
	drop_input(conn, conn->input_len);
}

/* Takes the lines that have come, up to the end of a request. False: more must come first. */
static bool take_request(struct uapi_connection *conn)
{
	size_t taken = 0;

	while (conn->answer.len == 0) {
		const char *line = conn->input + taken;
		const char *end = memchr(line, '\n', conn->input_len - taken);

		if (!end)
			break;
		if (!conn->long_line)
			request_line(conn, line, (size_t)(end - line));
		conn->long_line = false;
		taken += (size_t)(end - line) + 1;
	}
	drop_input(conn, taken);
	if (conn->input_len == sizeof(conn->input))
		refuse_long_line(conn);
	return conn->answer.len > 0;
}

/* The other end has said all it will. A request that is cut off is not carried out. */
static void take_end(struct uapi_connection *conn)
{
	if (conn->input_len == 0 && conn->request == REQUEST_NONE)
		return;
	drop_input(conn, conn->input_len);
	conn->err = -EPROTO;
	request_end(conn);
}

/* Bytes */

/* False: the other end has gone. */
static bool send_answer(struct uapi_connection *conn)
{
	while (conn->sent < conn->answer.len) {
		ssize_t n = send(conn->source.fd, conn->answer.text + conn->sent,
				 conn->answer.len - conn->sent, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN;
		conn->sent += (size_t)n;
	}
	text_clear(&conn->answer);
	conn->sent = 0;
	return true;
}

static bool read_input(struct uapi_connection *conn)
{
	ssize_t n;

	do {
		n = recv(conn->source.fd, conn->input + conn->input_len,
			 sizeof(conn->input) - conn->input_len, 0);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == EAGAIN;
	conn->input_len += (size_t)n;
	conn->ended = n == 0;
	return true;
}

/* One reading at a time, so that a long request does not keep others waiting. False: it is over. */
static bool serve(struct uapi_connection *conn)
{
	bool may_read = true;

	for (;;) {
		if (!send_answer(conn))
			return false;
		if (conn->answer.len > 0) {
			loop_change(conn->server->loop, &conn->source, EPOLLOUT);
			return true;
		}
		if (take_request(conn))
			continue;
		if (conn->ended) {
			take_end(conn);
			if (conn->answer.len == 0)
				return false;
		} else if (!may_read) {
			loop_change(conn->server->loop, &conn->source, EPOLLIN);
			return true;
		} else if (!read_input(conn)) {
			return false;
		} else {
			may_read = false;
		}
	}
}

static void connection_ready(void *ctx, uint32_t events)
{
	struct uapi_connection *conn = ctx;

	(void)events;
	list_remove(conn);
	list_add(conn);
	if (!serve(conn))
		connection_close(conn);
}

static void connection_open(struct uapi_server *server, int fd)
{
	struct uapi_connection *conn = calloc(1, sizeof(*conn));

	if (!conn) {
		close(fd);
		return;
	}
	conn->server = server;
	conn->source = (struct loop_source){.fd = fd, .ready = connection_ready, .ctx = conn};
	list_add(conn);
	server->connections++;
	if (loop_add(server->loop, &conn->source, EPOLLIN))
		connection_close(conn);
}

/* Who has been silent for longest gives way. */
static void make_room(struct uapi_server *server)
{
	struct uapi_connection *oldest = server->newest;

	if (server->connections < MAX_CONNECTIONS)
		return;
	while (oldest->next)
		oldest = oldest->next;
	connection_close(oldest);
}

static void listener_ready(void *ctx, uint32_t events)
{
	struct uapi_server *server = ctx;
	int fd = accept4(server->listener.fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	(void)events;
	if (fd < 0)
		return;
	make_room(server);
	connection_open(server, fd);
}

static void watch_ready(void *ctx, uint32_t events)
{
	struct uapi_server *server = ctx;

	(void)events;
	if (!uapi_socket_there(&server->socket))
		server->removed(server->ctx);
}

/* Life */

int uapi_server_start(struct uapi_server *server, struct loop *loop, struct interface *iface,
		      const char *name, void (*removed)(void *ctx), void *ctx)
{
	int err;

	*server =
		(struct uapi_server){.loop = loop, .iface = iface, .removed = removed, .ctx = ctx};
	err = uapi_socket_open(&server->socket, name);
	server->listener = (struct loop_source){
		.fd = server->socket.fd, .ready = listener_ready, .ctx = server};
	server->watch = (struct loop_source){
		.fd = server->socket.watch_fd, .ready = watch_ready, .ctx = server};
	if (!err)
		err = loop_add(loop, &server->listener, EPOLLIN);
	if (!err)
		err = loop_add(loop, &server->watch, EPOLLIN);
	if (err)
		uapi_server_stop(server);
	return err;
}

void uapi_server_stop(struct uapi_server *server)
{
	if (!server->loop)
		return;
	while (server->newest)
		connection_close(server->newest);
	loop_remove(server->loop, &server->listener);
	loop_remove(server->loop, &server->watch);
	uapi_socket_close(&server->socket);
	server->loop = NULL;
}
