/* SPDX-License-Identifier: MIT */
/* What has been logged since the start. */
#ifndef ZWG_TEST_LOGGED_H
#define ZWG_TEST_LOGGED_H

/** As text, oldest first, cut off when there is no more room. */
const char *logged(void);

#endif
