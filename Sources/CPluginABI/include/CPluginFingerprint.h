/* Written by .ci/plugin-fingerprint --write. */
#define COPPICE_API_FINGERPRINT "a2ee9168840d830a"
