/* Written by .ci/plugin-fingerprint --write. */
#define COPPICE_API_FINGERPRINT "1b70d3aefc1f4edf"
