/* Written by .ci/plugin-fingerprint --write. */
#define COPPICE_API_FINGERPRINT "8b429e82a1c778f8"
