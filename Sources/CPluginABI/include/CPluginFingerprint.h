/* Written by .ci/plugin-fingerprint --write. */
#define COPPICE_API_FINGERPRINT "ef56465b2c1181bf"
