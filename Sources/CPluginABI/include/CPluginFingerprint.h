/* Written by .ci/plugin-fingerprint --write. */
#define COPPICE_API_FINGERPRINT "c32bed51d48b0471"
