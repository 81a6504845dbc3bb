/* Written by .ci/plugin-fingerprint --write. */
#define COPPICE_API_FINGERPRINT "81c33abf60d9566c"
