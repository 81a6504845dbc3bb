/* Written by .ci/plugin-fingerprint --write. */
#define COPPICE_API_FINGERPRINT "2ddd7c956143a05c"
