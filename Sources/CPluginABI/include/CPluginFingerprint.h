/* Written by .ci/plugin-fingerprint --write. */
#define COPPICE_API_FINGERPRINT "b6b14ea85fbb4d3e"
