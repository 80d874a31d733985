/* SPDX-License-Identifier: MIT */
/* Log lines; see log.h. A line is one write, so that lines of two threads do not mix. */
#include "log.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <syslog.h>
#include <unistd.h>

static const char *program = "zwg";
static bool to_syslog;
static enum log_level limit = LOG_LEVEL_INFO;

void log_name(const char *name)
{
	program = name;
}

void log_up_to(enum log_level level)
{
	limit = level;
}

void log_to_syslog(void)
{
	openlog(program, LOG_PID, LOG_DAEMON);
	to_syslog = true;
}

static void log_line(enum log_level level, const char *kind, const char *format, va_list args)
{
	static const int priorities[] = {
		[LOG_LEVEL_ERROR] = LOG_ERR,
		[LOG_LEVEL_WARNING] = LOG_WARNING,
		[LOG_LEVEL_INFO] = LOG_INFO,
	};
	char line[512];
	int n;

	if (level > limit)
		return;
	if (to_syslog) {
		vsyslog(priorities[level], format, args);
		return;
	}
	n = snprintf(line, sizeof(line), "%s: %s", program, kind);
	n += vsnprintf(line + n, sizeof(line) - (size_t)n, format, args);
	if (n > (int)sizeof(line) - 2)
		n = (int)sizeof(line) - 2;
	line[n++] = '\n';
	if (write(STDERR_FILENO, line, (size_t)n) < 0)
		return; /* There is nobody left to tell. */
}

void log_error(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	log_line(LOG_LEVEL_ERROR, "error: ", format, args);
	va_end(args);
}

void log_warning(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	log_line(LOG_LEVEL_WARNING, "warning: ", format, args);
	va_end(args);
}

void log_info(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	log_line(LOG_LEVEL_INFO, "", format, args);
	va_end(args);
}
