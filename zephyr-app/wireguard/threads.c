/* SPDX-License-Identifier: MIT */
/*
 * Two threads for all tunnels. The receive thread takes datagrams from the queue, runs the timers
 * and does whatever must not be done under a lock or on a small stack. The handshake thread, of
 * lower priority, computes handshakes with the lock released, so that data goes on meanwhile.
 */
#include <zephyr/kernel.h>

#include "crypto/secret.h"
#include "tunnel.h"

static K_SEM_DEFINE(rx_sem, 0, 1);
static K_SEM_DEFINE(job_sem, 0, 1);

/* Until when the receive thread sleeps: ZWG_NEVER while it is awake, so that every wish made
 * meanwhile is seen as an earlier one and makes it look again. */
static zwg_time rx_sleeps_until = ZWG_NEVER;
static struct k_spinlock rx_sleep_lock;

void zwg_kick(void)
{
	k_sem_give(&rx_sem);
}

void zwg_kick_jobs(void)
{
	k_sem_give(&job_sem);
}

static void set_sleep(zwg_time until)
{
	k_spinlock_key_t key = k_spin_lock(&rx_sleep_lock);

	rx_sleeps_until = until;
	k_spin_unlock(&rx_sleep_lock, key);
}

void zwg_wake_at(struct zwg_tunnel *tunnel, zwg_time when)
{
	k_spinlock_key_t key = k_spin_lock(&rx_sleep_lock);
	bool earlier = when < rx_sleeps_until;

	k_spin_unlock(&rx_sleep_lock, key);
	tunnel->wake_at = when;
	/* A later wish is found when the thread wakes for the earlier one: no switch for each
	 * packet. */
	if (earlier)
		zwg_kick();
}

/* Runs the timers that are due. The next moment at which one is. */
static zwg_time run_timers(void)
{
	zwg_time next = ZWG_NEVER;

	ZWG_TUNNELS_FOREACH(tunnel)
	{
		zwg_lock(tunnel);
		if (tunnel->wake_at <= zwg_now()) {
			tunnel->wake_at = ZWG_NEVER;
			zwg_tick(&tunnel->device, zwg_now());
		}
		next = MIN(next, tunnel->wake_at);
		zwg_unlock(tunnel);
	}
	return next;
}

/* In turn, so that neither direction starves the other. */
static void run_packets(void)
{
	bool received, sent;

	do {
		received = zwg_receive_one();
		sent = zwg_send_one();
	} while (received || sent);
}

static void run_links(void)
{
	bool changed = zwg_link_changed();

	ZWG_TUNNELS_FOREACH(tunnel)
	{
		if (changed) {
			k_mutex_lock(&tunnel->conf_lock, K_FOREVER);
			zwg_link_update(tunnel);
			zwg_link_sync(tunnel);
			k_mutex_unlock(&tunnel->conf_lock);
		}
		zwg_resolve_run(tunnel);
	}
}

static k_timeout_t timeout_until(zwg_time when)
{
	zwg_time now = zwg_now();

	if (when == ZWG_NEVER)
		return K_FOREVER;
	return when <= now ? K_NO_WAIT : K_MSEC(when - now);
}

static void rx_thread(void *p1, void *p2, void *p3)
{
	ARG_UNUSED(p1);
	ARG_UNUSED(p2);
	ARG_UNUSED(p3);
	zwg_tunnels_start();
	for (;;) {
		zwg_time next;

		run_packets();
		zwg_events_raise();
		run_links();
		next = MIN(run_timers(), zwg_resolve_due());
		set_sleep(next);
		(void)k_sem_take(&rx_sem, timeout_until(next));
		set_sleep(ZWG_NEVER);
	}
}

static void run_jobs(struct zwg_tunnel *tunnel, struct zwg_job *job)
{
	zwg_lock(tunnel);
	while (zwg_job_take(&tunnel->device, zwg_now(), job)) {
		do {
			zwg_unlock(tunnel);
			zwg_job_compute(job);
			zwg_lock(tunnel);
		} while (zwg_job_commit(&tunnel->device, zwg_now(), job));
	}
	zwg_unlock(tunnel);
}

static void handshake_thread(void *p1, void *p2, void *p3)
{
	static struct zwg_job job;

	ARG_UNUSED(p1);
	ARG_UNUSED(p2);
	ARG_UNUSED(p3);
	for (;;) {
		(void)k_sem_take(&job_sem, K_FOREVER);
		ZWG_TUNNELS_FOREACH(tunnel)
		run_jobs(tunnel, &job);
		zwg_wipe(&job, sizeof(job));
	}
}

K_THREAD_DEFINE(zwg_rx, CONFIG_ZWG_RX_STACK_SIZE, rx_thread, NULL, NULL, NULL,
		K_PRIO_PREEMPT(CONFIG_ZWG_RX_PRIORITY), 0, 0);
K_THREAD_DEFINE(zwg_handshake, CONFIG_ZWG_HANDSHAKE_STACK_SIZE, handshake_thread, NULL, NULL, NULL,
		K_PRIO_PREEMPT(CONFIG_ZWG_HANDSHAKE_PRIORITY), 0, 0);

bool zwg_is_rx_thread(void)
{
	return k_current_get() == zwg_rx;
}

static int unused(k_tid_t thread)
{
#if defined(CONFIG_INIT_STACKS) && defined(CONFIG_THREAD_STACK_INFO)
	size_t bytes;

	return k_thread_stack_space_get(thread, &bytes) ? -1 : (int)bytes;
#else
	ARG_UNUSED(thread);
	return -1;
#endif
}

void zwg_stacks_unused(int *rx, int *handshake)
{
	*rx = unused(zwg_rx);
	*handshake = unused(zwg_handshake);
}
