/* Written by .ci/plugin-fingerprint --write. */
#define COPPICE_API_FINGERPRINT "51e1e956f6c823c3"
