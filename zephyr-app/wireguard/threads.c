/* SPDX-License-Identifier: MIT */
/*
 * Two threads for all tunnels. The receive thread takes datagrams from the queue, runs the timers
 * and does whatever must not be done under a lock or on a small stack. The handshake thread, of
 * lower priority, computes handshakes with the lock released, so that data goes on meanwhile.
 */
#include <zephyr/kernel.h>

#include "crypto/secret.h"
#include "tunnel.h"

/* Packets in each direction that the receive thread takes before it looks at the rest. */
#define TURN 16

static K_SEM_DEFINE(rx_sem, 0, 1);
static K_SEM_DEFINE(job_sem, 0, 1);

/* There is more to do for the receive thread than packets. */
static atomic_t business = ATOMIC_INIT(true);

void zwg_wake(void)
{
	k_sem_give(&rx_sem);
}

void zwg_kick(void)
{
	atomic_set(&business, true);
	zwg_wake();
}

void zwg_kick_jobs(void)
{
	k_sem_give(&job_sem);
}

/* One alarm for all that is to be done later: set for the earliest, and left there if that is put
 * off, so that a packet that does so costs no timer. */
static struct k_spinlock alarm_lock;
static zwg_time alarm_at = ZWG_NEVER;

static void on_alarm(struct k_timer *timer)
{
	k_spinlock_key_t key = k_spin_lock(&alarm_lock);

	ARG_UNUSED(timer);
	alarm_at = ZWG_NEVER;
	k_spin_unlock(&alarm_lock, key);
	zwg_kick();
}

static K_TIMER_DEFINE(alarm, on_alarm, NULL);

static void set_alarm(zwg_time when)
{
	k_spinlock_key_t key = k_spin_lock(&alarm_lock);

	if (when < alarm_at) {
		zwg_time now = zwg_now();

		alarm_at = when;
		k_timer_start(&alarm, K_MSEC(when > now ? when - now : 0), K_NO_WAIT);
	}
	k_spin_unlock(&alarm_lock, key);
}

void zwg_wake_at(struct zwg_tunnel *tunnel, zwg_time when)
{
	tunnel->wake_at = when;
	set_alarm(when);
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

/* In turn, so that neither direction starves the other. True if there may be more. */
static bool run_packets(void)
{
	for (int i = 0; i < TURN; i++) {
		bool received = false;

		ZWG_TUNNELS_FOREACH(tunnel)
		received = zwg_receive_one(tunnel) || received;
		if (!zwg_send_one() && !received)
			return false;
	}
	return true;
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

static void run_business(void)
{
	zwg_events_raise();
	run_links();
	set_alarm(run_timers());
	set_alarm(zwg_resolve_due());
}

static void rx_thread(void *p1, void *p2, void *p3)
{
	ARG_UNUSED(p1);
	ARG_UNUSED(p2);
	ARG_UNUSED(p3);
	zwg_tunnels_start();
	for (;;) {
		bool more = run_packets();

		if (atomic_set(&business, false))
			run_business();
		else if (!more)
			(void)k_sem_take(&rx_sem, K_FOREVER);
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
