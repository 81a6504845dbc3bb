/* Written by .ci/plugin-fingerprint --write. */
#define COPPICE_API_FINGERPRINT "1f97d80aba6ae1f4"
