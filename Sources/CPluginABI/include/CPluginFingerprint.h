/* Written by .ci/plugin-fingerprint --write. */
#define COPPICE_API_FINGERPRINT "55af581026bc6f4d"
