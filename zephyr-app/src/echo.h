/* SPDX-License-Identifier: MIT */
/* The echo service. */
#ifndef ECHO_H
#define ECHO_H

/** Serves in the caller's thread, and never returns. */
void echo_run(void);

#endif
