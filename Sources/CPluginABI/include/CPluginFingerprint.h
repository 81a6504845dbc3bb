/* Written by .ci/plugin-fingerprint --write. */
#define COPPICE_API_FINGERPRINT "95663e8c6f29f26c"
