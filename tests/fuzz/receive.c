/* SPDX-License-Identifier: MIT */
/*
 * Datagrams for a device in each of its states. The first byte chooses the state; then comes one
 * record a datagram: a byte of what it is, three of how and when it comes, and its bytes:
 *
 *	0 raw: length 2, bytes	    1 initiation    2 response    3 cookie reply    4 data: length
 *2, inner 5 the last datagram again   6 data with a counter far ahead: length 2, inner
 *
 * Kinds 1 to 6 are real messages of the other device. The upper bits spoil or mend them: 0x10 turns
 * bits of one byte, 0x20 cuts or adds some, 0x40 (raw) puts an index in use into the receiver's
 * place, 0x80 (raw) makes mac1 good again. Built with crypto_transparent.c and with the real thing.
 */
#include "crypto/bytes.h"
#include "crypto/crypto.h"
#include "messages.h"
#include "world.h"

#define INNER_MAX 1500

enum state {
	STATE_NEW,	   /**< No session, nothing under way. */
	STATE_INITIATED,   /**< An initiation is sent. */
	STATE_UNCONFIRMED, /**< Responder; the initiator has not sent yet. */
	STATE_INITIATOR,   /**< A session that we began. */
	STATE_RESPONDER,   /**< A session that the other began. */
	STATE_PREVIOUS,	   /**< Two sessions: previous and current. */
	STATE_NEXT,	   /**< Two sessions: current and next. */
	STATE_LOADED,	   /**< So many messages wait that cookies are asked for. */
	STATE_FULL,	   /**< No room for another message. */
	STATE_COOKIE,	   /**< Initiation sent, cookie received. */
	STATE_REJECT_SOON, /**< A session whose counter is near its end. */
	STATE_OLD,	   /**< A session about to expire. */
	STATE_JOB,	   /**< A session, and a job of a new handshake between its steps. */
	STATE_DOWN,
	STATE_NO_KEY,
	STATES
};

/* Copies of the last initiation of OTHER, none of which is computed yet. */
static void load(struct world *world, unsigned int who, unsigned int count)
{
	struct datagram message;

	world_handshake(world, 1 - who, false);
	world_clear(world, who);
	world_advance(world, 1 - who, 2 * ZWG_REKEY_TIMEOUT);
	world_jobs(world, 1 - who);
	if (world->hosts[1 - who].count == 0) {
		return;
	}
	message = world->hosts[1 - who].list[world->hosts[1 - who].count - 1];
	for (unsigned int i = 0; i < count; i++) {
		world_input(world, who, NULL, 0, 0, message.bytes, message.len);
	}
}

static void enter(struct world *world, enum state state)
{
	struct host *self = &world->hosts[SELF];
	uint8_t inner[40];

	switch (state) {
	case STATE_INITIATED:
	case STATE_COOKIE:
		world_output(world, SELF, 0, inner,
			     world_inner(inner, SELF, ZWG_AF_INET, sizeof(inner)));
		world_jobs(world, SELF);
		break;
	case STATE_UNCONFIRMED:
		world_handshake(world, OTHER, false);
		break;
	case STATE_RESPONDER:
		world_handshake(world, OTHER, true);
		break;
	case STATE_PREVIOUS:
		world_handshake(world, OTHER, true);
		world_handshake(world, SELF, true);
		break;
	case STATE_NEXT:
		world_handshake(world, SELF, true);
		world_handshake(world, OTHER, false);
		break;
	case STATE_LOADED:
		load(world, SELF, ZWG_LOAD_THRESHOLD);
		break;
	case STATE_FULL:
		load(world, SELF, ZWG_HANDSHAKE_QUEUE);
		break;
	case STATE_INITIATOR:
	case STATE_REJECT_SOON:
	case STATE_OLD:
	case STATE_JOB:
		world_handshake(world, SELF, true);
		break;
	case STATE_DOWN:
		zwg_device_down(self->dev);
		break;
	case STATE_NO_KEY:
		INVARIANT(zwg_set_private_key(self->dev, self->now, NULL) == 0);
		break;
	case STATE_NEW:
	case STATES:
		break;
	}
	if (state == STATE_COOKIE) {
		load(world, OTHER, ZWG_LOAD_THRESHOLD);
		world_pass(world, SELF);
	} else if (state == STATE_OLD) {
		world_advance(world, SELF, ZWG_REJECT_AFTER_TIME - 1);
	} else if (state == STATE_JOB) {
		world_handshake(world, OTHER, false);
		world_clear(world, SELF);
		world_clear(world, OTHER);
		world_advance(world, OTHER, ZWG_REKEY_TIMEOUT + 400);
		world_jobs(world, OTHER);
		world_pass(world, SELF);
		world_job_step(world);
	} else if (state == STATE_REJECT_SOON) {
		struct zwg_peer *peer = world_peer(world, SELF, PEER_OTHER);

		for (int i = 0; i < ZWG_ROLES; i++) {
			peer->keypairs[i].replay.next = ZWG_REJECT_AFTER_MESSAGES - 2;
		}
	}
}

/* An index under which SELF can be reached, or any other number. */
static uint32_t index_of(const struct world *world, uint8_t which)
{
	const struct zwg_peer *peer = &world->hosts[SELF].dev->peers[which / 4 % WORLD_PEERS];

	return which % 4 == 3 ? peer->initiation.local_index
			      : peer->keypairs[which % 4].local_index;
}

static void mend_mac1(const struct world *world, uint8_t *bytes, size_t len)
{
	if (len >= ZWG_RESPONSE_LEN) {
		zwg_blake2s(bytes + len - 32, 16, world->hosts[SELF].dev->identity.mac1_key, 32,
			    bytes, len - 32);
	}
}

/* Takes what OTHER sent last. */
static void last_of_other(const struct world *world, struct datagram *message)
{
	const struct host *other = &world->hosts[OTHER];

	message->len = 0;
	if (other->count > 0) {
		*message = other->list[other->count - 1];
	}
}

static void other_sends(struct world *world, struct input *in, uint64_t ahead,
			struct datagram *message)
{
	struct zwg_peer *peer = world_peer(world, OTHER, PEER_OTHER);
	uint8_t inner[INNER_MAX];
	size_t len = (input_u8(in) | (size_t)input_u8(in) << 8) % sizeof(inner);

	len = input_bytes(in, inner, len);
	if (len < 40) {
		len = world_inner(inner, OTHER, ZWG_AF_INET, 20 + len);
	} else if (inner[0] == 0) {
		world_inner(inner, OTHER, ZWG_AF_INET6, len);
	}
	for (int i = 0; i < ZWG_ROLES; i++) {
		peer->keypairs[i].send_counter += ahead;
	}
	world_output(world, OTHER, 0, inner, len);
	last_of_other(world, message);
}

static void make(struct world *world, struct input *in, uint8_t kind, uint8_t how,
		 struct datagram *message)
{
	switch (kind) {
	case 1:
		world_clear(world, OTHER);
		zwg_peer_handshake(world->hosts[OTHER].dev, world->hosts[OTHER].now,
				   world_peer(world, OTHER, PEER_OTHER));
		world_advance(world, OTHER, ZWG_REKEY_TIMEOUT + 400);
		world_jobs(world, OTHER);
		last_of_other(world, message);
		break;
	case 2:
		world_clear(world, OTHER);
		world_pass(world, OTHER);
		world_jobs(world, OTHER);
		last_of_other(world, message);
		break;
	case 3:
		world_clear(world, OTHER);
		load(world, OTHER, ZWG_LOAD_THRESHOLD + 1);
		last_of_other(world, message);
		break;
	case 4:
	case 6:
		other_sends(world, in, kind == 6 ? UINT64_C(1) << how % 64 : 0, message);
		break;
	case 5:
		break;
	default:
		message->len = (input_u8(in) | (size_t)input_u8(in) << 8) % (WORLD_DATAGRAM + 1);
		message->len = input_bytes(in, message->bytes, message->len);
		break;
	}
}

static void spoil(struct world *world, struct input *in, uint8_t flags, struct datagram *message)
{
	if (flags & 0x10 && message->len > 0) {
		size_t at = (input_u8(in) | (size_t)input_u8(in) << 8) % message->len;

		message->bytes[at] ^= input_u8(in);
	}
	if (flags & 0x20) {
		int8_t more = (int8_t)input_u8(in);

		if (more < 0 ? message->len >= (size_t)-more
			     : message->len + (size_t)more <= WORLD_DATAGRAM) {
			message->len = more < 0 ? message->len - (size_t)-more
						: message->len + (size_t)more;
		}
	}
	if (flags & 0x40 && message->len >= 12) {
		zwg_put_le32(message->bytes + (message->bytes[0] == ZWG_MSG_RESPONSE ? 8 : 4),
			     index_of(world, input_u8(in)));
	}
	if (flags & 0x80) {
		mend_mac1(world, message->bytes, message->len);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, size};
	struct world *world = world_new();
	struct datagram message = {0};

	enter(world, (enum state)input_below(&in, STATES));
	world_check(world, SELF);
	for (int i = 0; i < 20 && in.left > 0; i++) {
		uint8_t kind = input_u8(&in);
		uint8_t how = input_u8(&in);
		uint8_t when = input_u8(&in);
		struct zwg_endpoint from = world->hosts[OTHER].at;

		from.addr.bytes[3] = (uint8_t)(from.addr.bytes[3] + (how >> 6));
		if (how & 0x20) {
			from.addr = (struct zwg_addr){ZWG_AF_INET6, {0x20, 1, [15] = how >> 6}};
		}
		make(world, &in, kind & 7, how, &message);
		spoil(world, &in, kind & 0xf0, &message);
		world_input(world, SELF, &from, how, how, message.bytes, message.len);
		world_check(world, SELF);
		if (when & 1) {
			world_jobs(world, SELF);
		} else if (when & 2) {
			world_job_step(world);
		}
		world_advance(world, SELF, (zwg_time)(when >> 2) * (when >> 2) * 50);
		world_check(world, SELF);
	}
	world_jobs(world, SELF);
	world_check(world, SELF);
	world_free(world);
	return 0;
}
