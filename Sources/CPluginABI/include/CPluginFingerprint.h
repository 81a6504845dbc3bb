/* Written by .ci/plugin-fingerprint --write. */
#define COPPICE_API_FINGERPRINT "7f909d30607b9d8b"
