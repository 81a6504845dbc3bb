/* Written by .ci/plugin-fingerprint --write. */
#define COPPICE_API_FINGERPRINT "59a5a076db300b53"
