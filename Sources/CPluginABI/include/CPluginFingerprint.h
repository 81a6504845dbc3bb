/* Written by .ci/plugin-fingerprint --write. */
#define COPPICE_API_FINGERPRINT "545d6a367df84a9b"
