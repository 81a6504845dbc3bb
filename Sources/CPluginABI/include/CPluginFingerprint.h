/* Written by .ci/plugin-fingerprint --write. */
#define COPPICE_API_FINGERPRINT "8349198b298be741"
