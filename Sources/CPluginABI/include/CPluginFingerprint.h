/* Written by .ci/plugin-fingerprint --write. */
#define COPPICE_API_FINGERPRINT "ac2ede5598ab58e4"
