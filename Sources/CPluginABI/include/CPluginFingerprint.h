/* Written by .ci/plugin-fingerprint --write. */
#define COPPICE_API_FINGERPRINT "5c333a87f420d91d"
