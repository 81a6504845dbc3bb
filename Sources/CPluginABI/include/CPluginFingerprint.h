/* Written by .ci/plugin-fingerprint --write. */
#define COPPICE_API_FINGERPRINT "c264d80ed800a8c1"
