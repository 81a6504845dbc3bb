/* Written by .ci/plugin-fingerprint --write. */
#define COPPICE_API_FINGERPRINT "21701ce0b1782c0e"
