/* Written by .ci/plugin-fingerprint --write. */
#define COPPICE_API_FINGERPRINT "fae6077a9f4f55f6"
