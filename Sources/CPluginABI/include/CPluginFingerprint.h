/* Written by .ci/plugin-fingerprint --write. */
#define COPPICE_API_FINGERPRINT "55b28dface237303"
