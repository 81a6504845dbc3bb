/* Written by .ci/plugin-fingerprint --write. */
#define COPPICE_API_FINGERPRINT "426c7248305d8a0a"
