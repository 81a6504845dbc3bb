/* Written by .ci/plugin-fingerprint --write. */
#define COPPICE_API_FINGERPRINT "34743eb17055b9a2"
