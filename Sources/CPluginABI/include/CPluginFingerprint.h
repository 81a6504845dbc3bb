/* Written by .ci/plugin-fingerprint --write. */
#define COPPICE_API_FINGERPRINT "f6b0972be02941d3"
