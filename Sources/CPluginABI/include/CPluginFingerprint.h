/* Written by .ci/plugin-fingerprint --write. */
#define COPPICE_API_FINGERPRINT "59db56d363c9d7f5"
