/* Written by .ci/plugin-fingerprint --write. */
#define COPPICE_API_FINGERPRINT "21ddb299a5dea99c"
