/* Written by .ci/plugin-fingerprint --write. */
#define COPPICE_API_FINGERPRINT "91a2e1d15deefc3e"
