/* Written by .ci/plugin-fingerprint --write. */
#define COPPICE_API_FINGERPRINT "91e6e704b74ed204"
