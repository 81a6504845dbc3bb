/* Written by .ci/plugin-fingerprint --write. */
#define COPPICE_API_FINGERPRINT "7462a65db23bdcf6"
