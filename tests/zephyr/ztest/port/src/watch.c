/* SPDX-License-Identifier: MIT */
/* Calls of the port to the core; see watch.h. The test's own calls pass unseen. */
#include <string.h>

#include <zephyr/kernel.h>

#include "tunnel.h"
#include "watch.h"

static struct watch_calls calls;
static const char *fault;

int __real_zwg_output(struct zwg_device *dev, zwg_time now, struct zwg_packet *pkt);
enum zwg_verdict __real_zwg_input(struct zwg_device *dev, zwg_time now, struct zwg_packet *pkt,
				  const struct zwg_endpoint *from, uint8_t tos,
				  struct zwg_peer **peer);
void __real_zwg_tick(struct zwg_device *dev, zwg_time now);
void __real_zwg_job_compute(struct zwg_job *job);

/* Clocks that wrap after 49.7 days would break every timer. */
BUILD_ASSERT(sizeof(zwg_now()) == sizeof(uint64_t));

static bool is_ours(const struct zwg_device *dev)
{
	ZWG_TUNNELS_FOREACH(tunnel)
	if (dev == &tunnel->device)
		return true;
	return false;
}

static bool in_thread(const char *name)
{
	return strcmp(k_thread_name_get(k_current_get()), name) == 0;
}

static void check(bool right, const char *what)
{
	if (k_is_in_isr())
		fault = "the core was called from an interrupt";
	else if (!right)
		fault = what;
}

int __wrap_zwg_output(struct zwg_device *dev, zwg_time now, struct zwg_packet *pkt)
{
	if (is_ours(dev)) {
		calls.output++;
		check(zwg_is_rx_thread(), "encryption on a stack that is not the port's");
	}
	return __real_zwg_output(dev, now, pkt);
}

enum zwg_verdict __wrap_zwg_input(struct zwg_device *dev, zwg_time now, struct zwg_packet *pkt,
				  const struct zwg_endpoint *from, uint8_t tos,
				  struct zwg_peer **peer)
{
	if (is_ours(dev)) {
		calls.input++;
		check(zwg_is_rx_thread(), "decryption on a stack that is not the port's");
	}
	return __real_zwg_input(dev, now, pkt, from, tos, peer);
}

void __wrap_zwg_tick(struct zwg_device *dev, zwg_time now)
{
	if (is_ours(dev)) {
		calls.tick++;
		check(zwg_is_rx_thread(), "timers on a stack that is not the port's");
	}
	__real_zwg_tick(dev, now);
}

/* The others' jobs are computed inside the core, which is not led through here. */
void __wrap_zwg_job_compute(struct zwg_job *job)
{
	calls.compute++;
	check(in_thread("zwg_handshake"), "a handshake computed outside its thread");
	for (int i = 0; i < CONFIG_ZWG_INSTANCES; i++)
		if (zwg_tunnels[i].lock.owner == k_current_get())
			fault = "a handshake computed under the lock";
	__real_zwg_job_compute(job);
}

const char *watch_fault(void)
{
	const char *what = fault;

	fault = NULL;
	return what;
}

struct watch_calls watch_calls(void)
{
	return calls;
}
