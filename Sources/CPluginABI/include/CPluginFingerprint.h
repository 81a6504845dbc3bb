/* Written by .ci/plugin-fingerprint --write. */
#define COPPICE_API_FINGERPRINT "05a4691d3b21b9d0"
