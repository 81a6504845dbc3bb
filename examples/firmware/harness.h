/* What the harness needs of a model. run.py writes the adapter that provides it, from the manifest
 * of `coppice compile`. */
#ifndef HARNESS_H
#define HARNESS_H

#include <stddef.h>

extern void *const harness_inputs; /* every input in turn, each aligned to 16 */
extern const size_t harness_input_bytes;
extern const void *const harness_outputs; /* every output, likewise */
extern const size_t harness_output_bytes;

int harness_run(void);      /* 0: done */
int harness_selftest(void); /* 0: pass; negative: not linked in */

#endif
