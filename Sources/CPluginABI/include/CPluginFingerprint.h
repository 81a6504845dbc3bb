/* Written by .ci/plugin-fingerprint --write. */
#define COPPICE_API_FINGERPRINT "007bf683fef58895"
