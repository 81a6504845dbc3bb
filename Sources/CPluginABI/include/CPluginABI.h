/* What a plugin and its host must share: checked before any Swift object is touched.
 *
 * The text is compiled into each plugin from this header. A Swift global would not do: the host's
 * copy would stand in for the plugin's, and every plugin would seem to match. */
#ifndef COPPICE_PLUGIN_ABI_H
#define COPPICE_PLUGIN_ABI_H

#include "CPluginFingerprint.h"

/* How a plugin's fingerprint starts, for those who look for it in a file. */
#define COPPICE_PLUGIN_MARK "coppice-plugin-abi/1 "

/* The interface of IR and pass manager, and the compiler that reads this header. */
#define COPPICE_PLUGIN_FINGERPRINT \
  COPPICE_PLUGIN_MARK "api=" COPPICE_API_FINGERPRINT " compiler=" __VERSION__

static inline const char *coppice_plugin_mark(void) { return COPPICE_PLUGIN_MARK; }

/* A plugin returns this from its function `coppice_plugin_abi`. */
static inline const char *coppice_plugin_fingerprint(void) { return COPPICE_PLUGIN_FINGERPRINT; }

#endif
