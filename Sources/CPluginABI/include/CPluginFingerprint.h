/* Written by .ci/plugin-fingerprint --write. */
#define COPPICE_API_FINGERPRINT "66e8d3b52f1b362d"
