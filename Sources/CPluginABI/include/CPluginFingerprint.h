/* Written by .ci/plugin-fingerprint --write. */
#define COPPICE_API_FINGERPRINT "2f95f76c34171ecd"
