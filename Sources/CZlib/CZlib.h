/* zlib of the system, for deflated members of npz files. */
#include <zlib.h>
