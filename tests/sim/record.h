/* SPDX-License-Identifier: MIT */
/* The primitives, watched: link with SIM_WRAPS (CMakeLists.txt). */
#ifndef ZWG_SIM_RECORD_H
#define ZWG_SIM_RECORD_H

/** Forgets the keys and nonces that were used. */
void record_reset(void);

#endif
