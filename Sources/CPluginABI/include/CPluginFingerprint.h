/* Written by .ci/plugin-fingerprint --write. */
#define COPPICE_API_FINGERPRINT "62116ab1378a91db"
