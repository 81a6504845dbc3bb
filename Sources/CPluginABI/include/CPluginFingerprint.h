/* Written by .ci/plugin-fingerprint --write. */
#define COPPICE_API_FINGERPRINT "e28e20f304ee7faa"
