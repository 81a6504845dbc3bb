/* Written by .ci/plugin-fingerprint --write. */
#define COPPICE_API_FINGERPRINT "d80f36b645fc6c3e"
