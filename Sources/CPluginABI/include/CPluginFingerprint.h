/* Written by .ci/plugin-fingerprint --write. */
#define COPPICE_API_FINGERPRINT "232c0615cea66cba"
