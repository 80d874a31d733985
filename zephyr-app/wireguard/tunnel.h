/* SPDX-License-Identifier: MIT */
/*
 * A WireGuard interface of Zephyr: the core's device with its lock, its UDP ports, its virtual
 * network interface and its console.
 *
 * Locks, in the order in which they may be taken: an interface's transmit lock, tunnel->lock, a
 * lower interface's locks. The state of an interface of ours is never changed under tunnel->lock,
 * because the stack holds its own locks when it calls start() and stop().
 */
#ifndef ZWG_TUNNEL_H
#define ZWG_TUNNEL_H

#include <zephyr/kernel.h>
#include <zephyr/net/net_if.h>
#include <zephyr/net/net_ip.h>
#include <zephyr/net/net_pkt.h>

#include <zwg/device.h>

#include "board/conf.h"
#include "board/console.h"

struct net_conn;
struct net_conn_handle;

/** Drops that the core does not know of. */
enum zwg_port_drop {
	ZWG_PORT_RX_QUEUE,     /**< More than CONFIG_ZWG_RX_QUEUE datagrams waited. */
	ZWG_PORT_RX_FRAGMENTS, /**< A datagram of more than CONFIG_ZWG_FRAGMENTS buffers. */
	ZWG_PORT_RX_BUFFERS,   /**< A shared buffer could not be copied. */
	ZWG_PORT_RX_STACK,     /**< The IP stack refused a packet from the tunnel. */
	ZWG_PORT_TX_PACKETS,   /**< No packet descriptor, or too many packets wait. */
	ZWG_PORT_TX_FRAGMENTS, /**< A packet of more than CONFIG_ZWG_FRAGMENTS buffers. */
	ZWG_PORT_TX_BUFFERS,   /**< No network buffer or packet. */
	ZWG_PORT_TX_UNDERLAY,  /**< The underlay has no address, or refused to send. */
	ZWG_PORT_DROPS
};

/** The UDP ports of a tunnel, both with the same number. */
struct zwg_udp {
	struct net_conn_handle *handle[2]; /**< IPv4, IPv6; NULL: not open. */
	struct net_if
		*iface; /**< What comes from others, our own tunnels among them, is dropped. */
	uint16_t port;	/**< 0: closed. */
};

struct zwg_tunnel {
	struct k_mutex lock; /**< Of everything down to the blank line. */
	struct zwg_device device;
	struct zwg_conf running;
	struct zwg_udp udp;
	zwg_time wake_at;
	uint32_t staged_buffers; /**< Network buffers of packets that the core holds. */
	uint8_t public_key[32];	 /**< Zeros: none. */
	bool active;		 /**< The device was brought up, and not down since. */

	struct k_mutex conf_lock; /**< Serialises whoever changes the configuration or the link. */
	bool attached;		  /**< Under conf_lock. */
	struct net_if *iface;
	atomic_t started; /**< The stack has started the interface. */
	atomic_t drops[ZWG_PORT_DROPS];
	unsigned int number;
	char name[5];		/**< "zwg0" */
	struct k_fifo incoming; /**< Datagrams for the receive thread. */
	atomic_t incoming_count;

#if defined(CONFIG_ZWG_SHELL)
	struct k_mutex console_lock; /**< Held for a whole command; taken before all others. */
	struct zwg_console console;
#else
	struct zwg_conf saved; /**< What was saved, while it is put in force. */
#endif
};

extern struct zwg_tunnel zwg_tunnels[CONFIG_ZWG_INSTANCES];

#define ZWG_TUNNELS_FOREACH(tunnel)                                                                \
	for (struct zwg_tunnel *tunnel = zwg_tunnels; tunnel < zwg_tunnels + CONFIG_ZWG_INSTANCES; \
	     tunnel++)

static inline zwg_time zwg_now(void)
{
	return (zwg_time)k_uptime_get();
}

static inline void zwg_lock(struct zwg_tunnel *tunnel)
{
	k_mutex_lock(&tunnel->lock, K_FOREVER);
}

static inline void zwg_unlock(struct zwg_tunnel *tunnel)
{
	k_mutex_unlock(&tunnel->lock);
}

static inline void zwg_port_drop(struct zwg_tunnel *tunnel, enum zwg_port_drop why)
{
	atomic_inc(&tunnel->drops[why]);
}

/** The name of a reason, as "wg port" prints it. */
const char *zwg_port_drop_name(enum zwg_port_drop why);

/** Prepares all tunnels and reads their configurations. Once, from the receive thread. */
void zwg_tunnels_start(void);

/** Have the configurations been read? */
bool zwg_tunnels_ready(void);

/* Threads */

/** Makes the receive thread look at the packets that wait for it. From anywhere. */
void zwg_wake(void);

/** Makes it look at all else as well: timers, links, events, names. From anywhere. */
void zwg_kick(void);

/** Is this the receive thread? */
bool zwg_is_rx_thread(void);

/** Makes the handshake thread look for jobs. From anywhere. */
void zwg_kick_jobs(void);

/** zwg_tick() of @a tunnel wants to be called at @a when. Under the tunnel's lock. */
void zwg_wake_at(struct zwg_tunnel *tunnel, zwg_time when);

/** The least number of bytes of their stacks that the threads have never used; -1 if not known. */
void zwg_stacks_unused(int *rx, int *handshake);

/* Receiving */

/** A net_conn_cb_t: puts a datagram for the tunnel @a user_data into its queue. In the network
 *  stack's thread. */
enum net_verdict zwg_receive_queue(struct net_conn *conn, struct net_pkt *pkt,
				   union net_ip_header *ip_hdr, union net_proto_header *proto_hdr,
				   void *user_data);

/** Takes a datagram from the tunnel's queue, and what was in it to the IP stack. False if the queue
 *  is empty. */
bool zwg_receive_one(struct zwg_tunnel *tunnel);

/* Sending */

/** Takes an IP packet that the stack sends through the tunnel: encrypts it at once in the receive
 *  thread, queues it for that thread in others. 0: it was taken. */
int zwg_send(struct zwg_tunnel *tunnel, struct net_pkt *pkt);

/** Encrypts a packet from the queue. False if the queue is empty. */
bool zwg_send_one(void);

/** Of struct zwg_port. */
int zwg_port_send_message(void *ctx, const struct zwg_endpoint *to, uint8_t tos, const void *msg,
			  size_t len);
int zwg_port_send_packet(void *ctx, const struct zwg_endpoint *to, uint8_t tos,
			 struct zwg_packet *pkt);
void zwg_port_release(void *ctx, struct zwg_packet *pkt);

/* UDP */

/** Opens the port on @a iface for both families. A negative errno: nothing is open. */
int zwg_udp_open(struct zwg_udp *udp, struct zwg_tunnel *tunnel, struct net_if *iface,
		 uint16_t port);
void zwg_udp_close(struct zwg_udp *udp);

/* The interface and what is below it */

/** The number of the tunnel whose interface it is, or -1. */
int zwg_iface_number(const struct net_if *iface);

/** Can @a conf's addresses be put on the interface? False if there are more than it has room for.
 */
bool zwg_iface_fits(struct zwg_tunnel *tunnel, const struct zwg_conf *conf);

/** Takes the addresses of @a old that are not in @a conf from the interface, and adds the others.
 */
void zwg_iface_set_addresses(struct zwg_tunnel *tunnel, const struct zwg_conf *old,
			     const struct zwg_conf *conf);

/** The interface to attach to; NULL if a name is given that no interface has, or there is none. */
struct net_if *zwg_underlay_find(const struct zwg_conf *conf);

/** Watches the interfaces below, and kicks the receive thread when something has changed. */
void zwg_underlay_watch(void);

/** Something about the links has changed: the receive thread is to look at them. From anywhere. */
void zwg_link_kick(void);

/** Has anything changed since it was last asked? */
bool zwg_link_changed(void);

/** The addresses that @a iface has: at most @a max are written, their number returned. */
size_t zwg_underlay_addresses(struct net_if *iface, struct zwg_addr *addrs, size_t max);

/** Has @a iface, which may be NULL, an address of the family among them? */
bool zwg_underlay_has(struct net_if *iface, uint8_t family);

/** Attaches the tunnel when its underlay can be used. Under conf_lock. */
void zwg_link_update(struct zwg_tunnel *tunnel);

/** What the tunnel waits for before it can run, for people; NULL: it runs. */
const char *zwg_link_waits(struct zwg_tunnel *tunnel);

/** Brings the device up or down as the interface is. Under conf_lock. */
void zwg_link_sync(struct zwg_tunnel *tunnel);

/** Asks for a handshake with every peer whose endpoint is known. Under the tunnel's lock. */
void zwg_start_handshakes(struct zwg_tunnel *tunnel);

/* Configuration */

/** Of struct zwg_console_ops. */
int zwg_apply(void *ctx, const struct zwg_conf *conf, const char **why);
int zwg_save(void *ctx, const struct zwg_conf *conf);

/** Reads what zwg_save() has kept. -ENOENT: nothing was. */
int zwg_load(struct zwg_tunnel *tunnel, struct zwg_conf *conf);

/** Opens the storage. A negative errno: it cannot be read. */
int zwg_store_start(void);

/** Where the mark of the time stamps is kept. */
int zwg_store_load_mark(void *ctx, uint64_t *mark);
int zwg_store_save_mark(void *ctx, uint64_t mark);

/* Time stamps, one clock for all tunnels */

void zwg_stamps_start(void);
int zwg_stamps_next(uint8_t stamp[ZWG_TAI64N_LEN]);

/* Names */

/** Notes that the endpoint of the peer with this key is a name. Under the tunnel's lock. */
void zwg_resolve_note(void *ctx, const uint8_t public_key[32], const struct zwg_host_port *name);

/** Has the endpoint of the peer with this key looked up again, if it is a name. Under the lock. */
void zwg_resolve_again(struct zwg_tunnel *tunnel, const uint8_t public_key[32]);

/** Starts what look-ups are due. From the receive thread. */
void zwg_resolve_run(struct zwg_tunnel *tunnel);

/** When one is due again, or ZWG_NEVER. From the receive thread. */
zwg_time zwg_resolve_due(void);

/* Randomness */

/** Of struct zwg_port. */
int zwg_random(void *ctx, void *buf, size_t len);

/** "hardware" or "test". */
const char *zwg_random_source(void);

/** Says what must be said about it at start. */
void zwg_random_announce(void);

/* Events */

/** Of struct zwg_port: keeps the event, under the tunnel's lock. */
void zwg_port_event(void *ctx, struct zwg_peer *peer, enum zwg_event event);

/** Raises what was kept, and acts on it. From the receive thread, without a lock. */
void zwg_events_raise(void);

#endif
