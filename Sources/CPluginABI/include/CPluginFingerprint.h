/* Written by .ci/plugin-fingerprint --write. */
#define COPPICE_API_FINGERPRINT "18c54eb82e1f41fd"
