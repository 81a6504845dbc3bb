/* Written by .ci/plugin-fingerprint --write. */
#define COPPICE_API_FINGERPRINT "75b4089bb72ee10e"
