/* Written by .ci/plugin-fingerprint --write. */
#define COPPICE_API_FINGERPRINT "4a28147f8b381c01"
