/* SPDX-License-Identifier: MIT */
/* One line of log at a time, to standard error or, for a daemon, to syslog. Never a secret. */
#ifndef ZWG_PORT_LOG_H
#define ZWG_PORT_LOG_H

/** Sets the name that precedes every line; it must outlive the program. */
void log_name(const char *name);

/** From now on to syslog. */
void log_to_syslog(void);

void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
