/* Written by .ci/plugin-fingerprint --write. */
#define COPPICE_API_FINGERPRINT "cac7fa0d5cf24844"
