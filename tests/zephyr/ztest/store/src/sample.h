/* SPDX-License-Identifier: MIT */
/* Configurations to save, of every size. */
#ifndef ZWG_TEST_SAMPLE_H
#define ZWG_TEST_SAMPLE_H

#include <stdbool.h>

#include "board/conf.h"

/** A valid configuration with @a peers peers that follows from @a seed; the largest there is of
 *  this number with @a full. */
void sample_conf(struct zwg_conf *conf, unsigned int seed, uint16_t peers, bool full);

/** Are they the same in everything? */
bool same_conf(const struct zwg_conf *a, const struct zwg_conf *b);

#endif
