/* SPDX-License-Identifier: MIT */
/* Linux clocks for the core; see clock.h. */
#include "clock.h"

#include <errno.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

zwg_time clock_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return (zwg_time)ts.tv_sec * 1000 + (zwg_time)ts.tv_nsec / 1000000;
}

int clock_timer(void)
{
	int fd = timerfd_create(CLOCK_BOOTTIME, TFD_NONBLOCK | TFD_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

void clock_timer_set(int fd, zwg_time when)
{
	struct itimerspec at = {0};

	if (when != ZWG_NEVER) {
		at.it_value.tv_sec = (time_t)(when / 1000);
		at.it_value.tv_nsec = (long)(when % 1000) * 1000000;
		/* All zeros would disarm the timer instead of expiring at once. */
		if (when == 0)
			at.it_value.tv_nsec = 1;
	}
	timerfd_settime(fd, TFD_TIMER_ABSTIME, &at, NULL);
}

void clock_timer_clear(int fd)
{
	uint64_t expirations;

	while (read(fd, &expirations, sizeof(expirations)) > 0)
		;
}

void clock_wall(uint64_t *seconds, uint32_t *nanoseconds)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	*seconds = ts.tv_sec < 0 ? 0 : (uint64_t)ts.tv_sec;
	*nanoseconds = (uint32_t)ts.tv_nsec;
}
