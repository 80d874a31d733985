/* SPDX-License-Identifier: MIT */
/* One line of log at a time, to standard error or, for a daemon, to syslog. Never a secret. */
#ifndef ZWG_PORT_LOG_H
#define ZWG_PORT_LOG_H

/** Sets the name that precedes every line; it must outlive the program. */
void log_name(const char *name);

enum log_level {
	LOG_LEVEL_SILENT,
	LOG_LEVEL_ERROR,
	LOG_LEVEL_WARNING,
	LOG_LEVEL_INFO,
};

/** Leaves out what matters less than @a level; without this call nothing is left out. */
void log_up_to(enum log_level level);

/** From now on to syslog. */
void log_to_syslog(void);

void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
