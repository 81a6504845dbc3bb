/* Written by .ci/plugin-fingerprint --write. */
#define COPPICE_API_FINGERPRINT "42e1a75dd2b3096a"
