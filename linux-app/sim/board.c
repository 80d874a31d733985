/* SPDX-License-Identifier: MIT */
/* The simulated board; see board.h. */
#include "board.h"

#include <errno.h>
#include <string.h>

#include "board/record.h"
#include "crypto/secret.h"
#include "port/clock.h"
#include "port/log.h"
#include "port/random.h"

#define PACKETS	 256
#define FRAGMENT 128 /* Bytes, as Zephyr's network buffers by default. */

/* The tunnel's other side */

static void answer(struct board *board, const struct zwg_packet *request)
{
	struct zwg_packet *pkt = tunnel_packet(&board->tunnel);
	int err;

	if (!pkt)
		return;
	if (inner_host_answer(&board->inner, request, pkt))
		pkt = tunnel_output(&board->tunnel, pkt, &err);
	if (pkt)
		tunnel_release(&board->tunnel, pkt);
}

static void deliver(void *ctx, struct zwg_packet *const *packets, size_t count)
{
	struct board *board = ctx;

	for (size_t i = 0; i < count; i++)
		answer(board, packets[i]);
}

static void event(void *ctx, struct zwg_peer *peer, enum zwg_event event)
{
	(void)ctx;
	(void)peer;
	(void)event;
}

static int tai64n(void *ctx, uint8_t stamp[ZWG_TAI64N_LEN])
{
	struct board *board = ctx;

	return zwg_stamp_next(&board->stamp, clock_now(), stamp);
}

static const struct tunnel_ops tunnel_ops = {
	.deliver = deliver,
	.event = event,
	.tai64n = tai64n,
};

/* What is kept in flash */

static int mark_load(void *ctx, uint64_t *mark)
{
	struct board *board = ctx;
	uint8_t buf[ZWG_MARK_LEN];
	int len = flash_load(&board->flash, FLASH_MARK, buf, sizeof(buf));

	return len < 0 ? len : zwg_mark_decode(mark, buf, (size_t)len);
}

static int mark_store(void *ctx, uint64_t mark)
{
	struct board *board = ctx;
	uint8_t buf[ZWG_MARK_LEN];

	zwg_mark_encode(mark, buf);
	return flash_store(&board->flash, FLASH_MARK, buf, sizeof(buf));
}

static const struct zwg_stamp_store stamp_store = {
	.load = mark_load,
	.store = mark_store,
};

static int conf_load(struct board *board, struct zwg_conf *conf)
{
	uint8_t buf[ZWG_RECORD_MAX];
	int len = flash_load(&board->flash, FLASH_CONF, buf, sizeof(buf));
	int err;

	if (len == -ENOENT) {
		zwg_conf_init(conf);
		return 0;
	}
	err = len < 0 ? len : zwg_record_decode(conf, buf, (size_t)len);
	zwg_wipe(buf, sizeof(buf));
	return err;
}

static int conf_save(void *ctx, const struct zwg_conf *conf)
{
	struct board *board = ctx;
	uint8_t buf[ZWG_RECORD_MAX];
	int len = zwg_record_encode(conf, buf, sizeof(buf));
	int err = len < 0 ? len : flash_store(&board->flash, FLASH_CONF, buf, (size_t)len);

	zwg_wipe(buf, sizeof(buf));
	return err;
}

/* What the settings do */

static uint16_t port_of(const struct board *board, const struct zwg_conf *conf)
{
	return conf->listen_port ? conf->listen_port : board->default_port;
}

static void inner_host_set(struct inner_host *inner, const struct zwg_conf *conf)
{
	*inner = (struct inner_host){.mtu = conf->mtu, .address_count = conf->address_count};
	for (uint8_t i = 0; i < conf->address_count; i++)
		inner->addresses[i] = conf->addresses[i].addr;
}

static int listen_on(struct board *board, uint16_t port)
{
	if (port == board->tunnel.udp.port)
		return 0;
	return tunnel_listen(&board->tunnel, &board->underlay, port, 0);
}

static int put_in_force(struct board *board, const struct zwg_conf *old,
			const struct zwg_conf *conf)
{
	int err;

	tunnel_lock(&board->tunnel);
	/* Endpoints are literal addresses: the console refuses names where there is no resolver. */
	err = zwg_conf_apply(&board->device, clock_now(), old, conf, NULL, NULL);
	if (!err)
		board->running = *conf;
	tunnel_unlock(&board->tunnel);
	if (!err)
		inner_host_set(&board->inner, conf);
	return err;
}

static int conf_apply(void *ctx, const struct zwg_conf *conf, const char **why)
{
	struct board *board = ctx;
	uint16_t before = board->tunnel.udp.port;
	int err;

	if (conf->underlay[0] != '\0') {
		*why = "underlay: auto, as the simulated board has one network only";
		return -ENODEV;
	}
	err = listen_on(board, port_of(board, conf));
	if (err) {
		*why = err == -EADDRINUSE ? "listen-port: a UDP port that no other program uses"
					  : "listen-port: a UDP port that may be opened";
		return err;
	}
	err = put_in_force(board, &board->running, conf);
	if (err)
		listen_on(board, before);
	return err;
}

/* The console */

static void lock(void *ctx)
{
	struct board *board = ctx;

	tunnel_lock(&board->tunnel);
}

static void unlock(void *ctx)
{
	struct board *board = ctx;

	tunnel_unlock(&board->tunnel);
}

static int console_random(void *ctx, void *buf, size_t len)
{
	(void)ctx;
	return random_bytes(buf, len);
}

static zwg_time now(void *ctx)
{
	(void)ctx;
	return clock_now();
}

static uint64_t uptime(void *ctx)
{
	const struct board *board = ctx;

	return (clock_now() - board->started) / 1000;
}

static size_t underlay_addresses(void *ctx, struct zwg_addr *addrs, size_t max)
{
	const struct board *board = ctx;

	if (max > 0)
		addrs[0] = board->underlay;
	return 1;
}

/* Its network is always there. */
static const char *waits(void *ctx)
{
	(void)ctx;
	return NULL;
}

static const struct zwg_console_ops console_ops = {
	.write = zwg_serial_write,
	.lock = lock,
	.unlock = unlock,
	.random = console_random,
	.save = conf_save,
	.apply = conf_apply,
	.now = now,
	.uptime = uptime,
	.underlay_addresses = underlay_addresses,
	.waits = waits,
};

void board_console_start(void *ctx)
{
	struct board *board = ctx;

	board->serial = (struct zwg_serial){0};
	zwg_serial_start(&board->serial, &board->console, line_put, &board->line);
}

void board_console_input(void *ctx, const uint8_t *bytes, size_t len)
{
	struct board *board = ctx;

	zwg_serial_input(&board->serial, bytes, len);
}

/* Life */

static int start_tunnel(struct board *board, uint16_t port)
{
	struct zwg_conf conf;
	int err = conf_load(board, &conf);

	if (err) {
		log_error("flash: the settings cannot be read: %s", strerror(-err));
		return err;
	}
	if (conf.listen_port)
		port = conf.listen_port;
	err = tunnel_listen(&board->tunnel, &board->underlay, port, 0);
	if (err) {
		log_error("UDP port %u cannot be opened: %s", port, strerror(-err));
	} else {
		board->default_port = board->tunnel.udp.port;
		err = put_in_force(board, NULL, &conf);
		if (err)
			log_error("the settings cannot be put in force: %s", strerror(-err));
	}
	zwg_wipe(&conf, sizeof(conf));
	return err;
}

int board_start(struct board *board, const struct zwg_endpoint *udp)
{
	int err;

	board->underlay = udp->addr;
	board->started = clock_now();
	err = zwg_stamp_init(&board->stamp, &stamp_store, board, clock_now());
	if (err)
		log_warning("flash: the timestamp mark cannot be read: %s; no handshake can be "
			    "started",
			    strerror(-err));
	err = tunnel_init(&board->tunnel, &board->device, &board->loop, &tunnel_ops, board, PACKETS,
			  FRAGMENT);
	if (err) {
		log_error("the tunnel cannot be made: %s", strerror(-err));
		return err;
	}
	board->console = (struct zwg_console){
		.ops = &console_ops,
		.ctx = board,
		.dev = &board->device,
		.running = &board->running,
		.version = ZWG_VERSION,
		.board = "sim",
		.interface = "zwg0",
		.entropy = "os",
	};
	err = start_tunnel(board, udp->port);
	if (err)
		tunnel_destroy(&board->tunnel);
	return err;
}

void board_stop(struct board *board)
{
	tunnel_destroy(&board->tunnel);
	zwg_console_wipe(&board->console);
	zwg_lineedit_reset(&board->serial.edit);
	zwg_wipe(&board->running, sizeof(board->running));
}
