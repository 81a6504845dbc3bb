/* Written by .ci/plugin-fingerprint --write. */
#define COPPICE_API_FINGERPRINT "a201f60aba77e563"
