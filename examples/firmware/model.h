/* What the harness needs of a model. run.py writes the adapter that provides it, from the manifest
 * of `coppice compile`. */
#ifndef MODEL_H
#define MODEL_H

#include <stddef.h>

extern void *const model_inputs; /* every input in turn, each aligned to 16 */
extern const size_t model_input_bytes;
extern const void *const model_outputs; /* every output, likewise */
extern const size_t model_output_bytes;

int model_run(void);      /* 0: done */
int model_selftest(void); /* 0: pass; negative: not linked in */

#endif
