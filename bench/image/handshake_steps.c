/* SPDX-License-Identifier: MIT */
/*
 * The steps of a handshake and of its cookies by themselves, for traces: each function is one step,
 * which takes its keys from trace_prepare() and what it needs beside from the steps before it. It
 * returns 0 if it did what it is there for. All that is not a key is the same in every run.
 */
#include <string.h>

#include <zwg/device.h>

#include "cookie.h"
#include "crypto/crypto.h"
#include "handshake.h"
#include "messages.h"

#define KEYS 6

static struct zwg_job initiator, responder;
static struct zwg_device device;
static struct zwg_peer peer;
static uint8_t reply[ZWG_COOKIE_REPLY_LEN];
static const struct zwg_endpoint from = {.addr = {ZWG_AF_INET, {192, 0, 2, 1}}, .port = 51820};
static const zwg_time now = 1000;

int trace_prepare(const uint8_t keys[KEYS][32]);
int trace_initiate(void);
int trace_add_macs(void);
int trace_open_initiation(void);
int trace_open_timestamp(void);
int trace_respond(void);
int trace_open_response(void);
int trace_cookie_reply(void);
int trace_check_mac2(void);

static int send_message(void *ctx, const struct zwg_endpoint *to, uint8_t tos, const void *msg,
			size_t len)
{
	(void)ctx;
	(void)to;
	(void)tos;
	memcpy(reply, msg, len);
	return 0;
}

static int random_bytes(void *ctx, void *buf, size_t len)
{
	(void)ctx;
	memset(buf, 7, len);
	return 0;
}

static const struct zwg_port port = {.send_message = send_message, .random = random_bytes};

/* Private keys of the two, their ephemeral ones, the preshared one; what cookies are made of. */
int trace_prepare(const uint8_t keys[KEYS][32])
{
	struct zwg_job *jobs[2] = {&initiator, &responder};

	for (int i = 0; i < 2; i++) {
		memset(jobs[i], 0, sizeof(*jobs[i]));
		memcpy(jobs[i]->private_key, keys[i], 32);
		memcpy(jobs[i]->ephemeral, keys[2 + i], 32);
		memcpy(jobs[i]->preshared_key, keys[4], 32);
		if (zwg_x25519_base(jobs[i]->public_key, jobs[i]->private_key))
			return -1;
	}
	memcpy(initiator.remote_static, responder.public_key, 32);
	device.port = &port;
	memcpy(device.cookie_secret, keys[5], 32);
	device.cookie_secret_set = true;
	device.cookie_secret_birth = now;
	memcpy(peer.cookie.value, keys[5], sizeof(peer.cookie.value));
	peer.cookie.has_value = true;
	peer.cookie.birth = now;
	return 0;
}

int trace_initiate(void)
{
	return zwg_handshake_initiate(&initiator);
}

int trace_add_macs(void)
{
	return zwg_cookie_add_macs(&peer, now, initiator.message, initiator.len);
}

int trace_open_initiation(void)
{
	memcpy(responder.message, initiator.message, ZWG_INITIATION_LEN);
	return zwg_handshake_open_initiation(&responder);
}

int trace_open_timestamp(void)
{
	return zwg_handshake_open_timestamp(&responder);
}

int trace_respond(void)
{
	return zwg_handshake_respond(&responder);
}

int trace_open_response(void)
{
	int err;

	memcpy(initiator.message, responder.message, ZWG_RESPONSE_LEN);
	err = zwg_handshake_open_response(&initiator);
	if (err)
		return err;
	/* Both have the same keys, so this was a handshake. */
	return memcmp(initiator.noise.hash, responder.noise.hash, 32);
}

int trace_cookie_reply(void)
{
	zwg_cookie_reply(&device, now, initiator.message, ZWG_INITIATION_LEN, &from);
	return device.counters.cookies_sent == 0;
}

/* It is wrong: not made with this device's cookie. */
int trace_check_mac2(void)
{
	return zwg_mac2_valid(&device, now, initiator.message, ZWG_INITIATION_LEN, &from);
}
