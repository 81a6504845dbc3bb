/* Written by .ci/plugin-fingerprint --write. */
#define COPPICE_API_FINGERPRINT "8c72871981d6f6ed"
