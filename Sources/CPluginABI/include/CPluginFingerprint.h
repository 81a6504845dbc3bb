/* Written by .ci/plugin-fingerprint --write. */
#define COPPICE_API_FINGERPRINT "3984c9a51bbd9dfa"
