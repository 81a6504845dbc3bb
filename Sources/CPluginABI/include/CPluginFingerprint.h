/* Written by .ci/plugin-fingerprint --write. */
#define COPPICE_API_FINGERPRINT "377a203841522f0c"
