/* Written by .ci/plugin-fingerprint --write. */
#define COPPICE_API_FINGERPRINT "adbae1865a92778c"
