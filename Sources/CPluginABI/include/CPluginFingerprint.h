/* Written by .ci/plugin-fingerprint --write. */
#define COPPICE_API_FINGERPRINT "198c088f56704caa"
