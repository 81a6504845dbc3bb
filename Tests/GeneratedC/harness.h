/* What the harness knows of a model; the table of them is written for each group of builds. */
#ifndef HARNESS_H
#define HARNESS_H

#include <stddef.h>

struct port {
    size_t bytes;
    size_t align;
};

struct model {
    const char *name;
    int (*run)(const void *weights, void *arena, void *const *ports);
    int (*selftest)(void);
    const void **selftest_weights; /* NULL unless the weights are a blob */
    size_t arena_bytes;
    size_t arena_align;
    size_t weights_bytes;
    size_t weights_align;
    int inputs;
    int outputs;
    const struct port *ports; /* inputs, then outputs */
};

extern const struct model *const models[];

#endif
