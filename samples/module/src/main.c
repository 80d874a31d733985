/* SPDX-License-Identifier: MIT */
/* All that an application needs to know of its tunnel: that it is an interface like others. */
#include <stdio.h>

#include <zwg/zephyr.h>

int main(void)
{
	printf("tunnel: interface %d\n", net_if_get_by_iface(zwg_net_if(0)));
	return 0;
}
