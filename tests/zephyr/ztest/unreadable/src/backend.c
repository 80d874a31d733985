/* SPDX-License-Identifier: MIT */
/* Storage for settings that gives nothing but trouble. */
#include <errno.h>
#include <string.h>

#include <zephyr/kernel.h>
#include <zephyr/settings/settings.h>

static ssize_t no_value(void *cb_arg, void *data, size_t len)
{
	ARG_UNUSED(cb_arg);
	ARG_UNUSED(data);
	ARG_UNUSED(len);
	return -EIO;
}

static ssize_t junk(void *cb_arg, void *data, size_t len)
{
	ARG_UNUSED(cb_arg);
	memset(data, 0x5a, len);
	return (ssize_t)len;
}

static int load(struct settings_store *cs, const struct settings_load_arg *arg)
{
	ARG_UNUSED(cs);
	(void)settings_call_set_handler("zwg/0/head", 11, no_value, NULL, arg);
	(void)settings_call_set_handler("zwg/1/head", 11, junk, NULL, arg);
	(void)settings_call_set_handler("zwg/mark", 16, junk, NULL, arg);
	return 0;
}

static int save(struct settings_store *cs, const char *name, const char *value, size_t len)
{
	ARG_UNUSED(cs);
	ARG_UNUSED(name);
	ARG_UNUSED(value);
	ARG_UNUSED(len);
	return -EIO;
}

int settings_backend_init(void)
{
	static const struct settings_store_itf itf = {.csi_load = load, .csi_save = save};
	static struct settings_store store = {.cs_itf = &itf};

	if (IS_ENABLED(CONFIG_TEST_UNREADABLE_STORAGE))
		return -EIO;
	settings_src_register(&store);
	settings_dst_register(&store);
	return 0;
}
