/* SPDX-License-Identifier: MIT */
/* The handshake messages; see handshake.h and paper sections 5.4.2 and 5.4.3. */
#include "handshake.h"

#include <string.h>

#include "crypto/bytes.h"
#include "crypto/crypto.h"
#include "crypto/secret.h"
#include "messages.h"
#include "noise.h"

static int mix_dh(struct zwg_job *job, uint8_t key[32], const uint8_t private_key[32],
		  const uint8_t public_key[32])
{
	job->x25519++;
	return zwg_noise_mix_dh(&job->noise, key, private_key, public_key);
}

static int put_ephemeral(struct zwg_job *job, uint8_t *place)
{
	int err;

	job->x25519++;
	err = zwg_x25519_base(place, job->ephemeral);
	if (!err)
		err = zwg_noise_mix_ephemeral(&job->noise, place);
	return err;
}

int zwg_handshake_initiate(struct zwg_job *job)
{
	struct zwg_noise *noise = &job->noise;
	uint8_t *msg = job->message;
	uint8_t key[ZWG_KEY_LEN];
	int err;

	memset(msg, 0, ZWG_INITIATION_LEN);
	zwg_put_le32(msg, ZWG_MSG_INITIATION);
	zwg_put_le32(msg + ZWG_INIT_SENDER, job->local_index);
	job->len = ZWG_INITIATION_LEN;

	err = zwg_noise_start(noise, job->remote_static);
	if (!err)
		err = put_ephemeral(job, msg + ZWG_INIT_EPHEMERAL);
	if (!err)
		err = mix_dh(job, key, job->ephemeral, job->remote_static);
	if (!err)
		err = zwg_noise_seal(noise, key, msg + ZWG_INIT_STATIC, job->public_key,
				     ZWG_KEY_LEN);
	if (!err)
		err = mix_dh(job, key, job->private_key, job->remote_static);
	if (!err)
		err = zwg_noise_seal(noise, key, msg + ZWG_INIT_TIMESTAMP, job->stamp,
				     ZWG_TAI64N_LEN);
	zwg_wipe(key, sizeof(key));
	return err;
}

int zwg_handshake_open_initiation(struct zwg_job *job)
{
	struct zwg_noise *noise = &job->noise;
	const uint8_t *msg = job->message;
	uint8_t key[ZWG_KEY_LEN];
	int err;

	job->remote_index = zwg_get_le32(msg + ZWG_INIT_SENDER);
	memcpy(job->remote_ephemeral, msg + ZWG_INIT_EPHEMERAL, ZWG_KEY_LEN);
	err = zwg_noise_start(noise, job->public_key);
	if (!err)
		err = zwg_noise_mix_ephemeral(noise, job->remote_ephemeral);
	if (!err)
		err = mix_dh(job, key, job->private_key, job->remote_ephemeral);
	if (!err)
		err = zwg_noise_open(noise, key, job->remote_static, msg + ZWG_INIT_STATIC,
				     ZWG_KEY_LEN);
	zwg_wipe(key, sizeof(key));
	return err;
}

int zwg_handshake_open_timestamp(struct zwg_job *job)
{
	uint8_t key[ZWG_KEY_LEN];
	int err = mix_dh(job, key, job->private_key, job->remote_static);

	if (!err)
		err = zwg_noise_open(&job->noise, key, job->stamp,
				     job->message + ZWG_INIT_TIMESTAMP, ZWG_TAI64N_LEN);
	zwg_wipe(key, sizeof(key));
	return err;
}

int zwg_handshake_respond(struct zwg_job *job)
{
	struct zwg_noise *noise = &job->noise;
	uint8_t *msg = job->message;
	uint8_t key[ZWG_KEY_LEN];
	int err;

	memset(msg, 0, ZWG_INITIATION_LEN);
	zwg_put_le32(msg, ZWG_MSG_RESPONSE);
	zwg_put_le32(msg + ZWG_RESP_SENDER, job->local_index);
	zwg_put_le32(msg + ZWG_RESP_RECEIVER, job->remote_index);
	job->len = ZWG_RESPONSE_LEN;

	err = put_ephemeral(job, msg + ZWG_RESP_EPHEMERAL);
	if (!err)
		err = mix_dh(job, NULL, job->ephemeral, job->remote_ephemeral);
	if (!err)
		err = mix_dh(job, NULL, job->ephemeral, job->remote_static);
	if (!err)
		err = zwg_noise_mix_psk(noise, key, job->preshared_key);
	if (!err)
		err = zwg_noise_seal(noise, key, msg + ZWG_RESP_EMPTY, msg + ZWG_RESP_EMPTY, 0);
	if (!err)
		err = zwg_noise_split(noise, job->recv_key, job->send_key);
	zwg_wipe(key, sizeof(key));
	return err;
}

int zwg_handshake_open_response(struct zwg_job *job)
{
	struct zwg_noise *noise = &job->noise;
	const uint8_t *msg = job->message;
	uint8_t key[ZWG_KEY_LEN];
	int err;

	job->remote_index = zwg_get_le32(msg + ZWG_RESP_SENDER);
	memcpy(job->remote_ephemeral, msg + ZWG_RESP_EPHEMERAL, ZWG_KEY_LEN);
	err = zwg_noise_mix_ephemeral(noise, job->remote_ephemeral);
	if (!err)
		err = mix_dh(job, NULL, job->ephemeral, job->remote_ephemeral);
	if (!err)
		err = mix_dh(job, NULL, job->private_key, job->remote_ephemeral);
	if (!err)
		err = zwg_noise_mix_psk(noise, key, job->preshared_key);
	if (!err)
		err = zwg_noise_open(noise, key, NULL, msg + ZWG_RESP_EMPTY, 0);
	if (!err)
		err = zwg_noise_split(noise, job->send_key, job->recv_key);
	zwg_wipe(key, sizeof(key));
	return err;
}
