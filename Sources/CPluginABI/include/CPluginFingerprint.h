/* Written by .ci/plugin-fingerprint --write. */
#define COPPICE_API_FINGERPRINT "0adc202a2be15455"
