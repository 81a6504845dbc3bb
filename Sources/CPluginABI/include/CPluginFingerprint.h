/* Written by .ci/plugin-fingerprint --write. */
#define COPPICE_API_FINGERPRINT "25e9ef7f460908d4"
