/* Written by .ci/plugin-fingerprint --write. */
#define COPPICE_API_FINGERPRINT "5086c499b0476790"
