/*
 * Runs each model of a group on its vectors, in memory of exact size with guard bytes around:
 *     harness DATA OUT
 * DATA has NAME.in (the inputs of all vectors) and NAME_weights.bin; OUT gets NAME.out.
 */
#define _POSIX_C_SOURCE 200809L

#include <pthread.h>
#include <stdio.h>

#include "block.h"
#include "harness.h"

#define PORTS 64

struct stage {
    const struct model *model;
    const void *weights;
    struct block arena;
    struct block ports[PORTS];
    void *pointers[PORTS];
    int status;
};

static int faults;

static void expect(const struct model *m, int holds, const char *what)
{
    if (holds) return;
    printf("%s: %s\n", m->name, what);
    faults = 3; /* no status that a sanitizer ends with */
}

static void stage_make(struct stage *s, const struct model *m, const void *weights)
{
    int i;
    s->model = m;
    s->weights = weights;
    s->arena = block_make(m->arena_bytes, m->arena_align);
    for (i = 0; i < m->inputs + m->outputs; ++i) {
        s->ports[i] = block_make(m->ports[i].bytes, m->ports[i].align);
        s->pointers[i] = s->ports[i].data;
    }
}

static void stage_free(struct stage *s)
{
    int i;
    for (i = 0; i < s->model->inputs + s->model->outputs; ++i) block_free(&s->ports[i]);
    block_free(&s->arena);
}

/* Gives the inputs a vector, and everything that the model has to write a pattern. */
static void stage_load(struct stage *s, const unsigned char *vector, int garbage)
{
    const struct model *m = s->model;
    int i;
    for (i = 0; i < m->inputs; ++i) {
        memcpy(s->ports[i].data, vector, m->ports[i].bytes);
        vector += m->ports[i].bytes;
    }
    for (; i < m->inputs + m->outputs; ++i) memset(s->ports[i].data, garbage, m->ports[i].bytes);
    memset(s->arena.data, garbage, m->arena_bytes);
}

static void *stage_run(void *pointer)
{
    struct stage *s = pointer;
    s->status = s->model->run(s->weights, s->arena.data, s->pointers);
    return NULL;
}

static void stage_check(const struct stage *s, const unsigned char *vector)
{
    const struct model *m = s->model;
    int i;
    expect(m, s->status == 0, "did not return OK");
    expect(m, block_is_intact(&s->arena), "wrote outside of the arena");
    for (i = 0; i < m->inputs + m->outputs; ++i) {
        expect(m, block_is_intact(&s->ports[i]), "wrote outside of an input or output");
    }
    for (i = 0; i < m->inputs; ++i) {
        expect(m, memcmp(s->ports[i].data, vector, m->ports[i].bytes) == 0, "changed an input");
        vector += m->ports[i].bytes;
    }
}

static int same_outputs(const struct stage *a, const struct stage *b)
{
    const struct model *m = a->model;
    int i, same = 1;
    for (i = m->inputs; i < m->inputs + m->outputs; ++i) {
        same &= memcmp(a->ports[i].data, b->ports[i].data, m->ports[i].bytes) == 0;
    }
    return same;
}

/* Two runs over different garbage; then both at once, over each other's. */
static void check_runs(struct stage *a, struct stage *b, const unsigned char *vector)
{
    pthread_t thread;
    stage_load(a, vector, 0xAA);
    stage_run(a);
    stage_check(a, vector);
    stage_load(b, vector, 0xFF);
    if (pthread_create(&thread, NULL, stage_run, b) != 0) abort();
    stage_load(a, vector, 0x7F);
    stage_run(a);
    pthread_join(thread, NULL);
    stage_check(a, vector);
    stage_check(b, vector);
    expect(a->model, same_outputs(a, b), "two runs differ: it reads what it never wrote");
}

static int untouched(const struct stage *s, int garbage)
{
    const struct model *m = s->model;
    size_t k;
    int i, same = 1;
    for (i = m->inputs; i < m->inputs + m->outputs; ++i) {
        for (k = 0; k < m->ports[i].bytes; ++k) same &= s->ports[i].data[k] == garbage;
    }
    return same;
}

static void check_refusals(struct stage *s)
{
    const struct model *m = s->model;
    unsigned char *const arena = s->arena.data;
    int i;
    for (i = 0; i < m->inputs + m->outputs; ++i) {
        s->pointers[i] = NULL;
        expect(m, m->run(s->weights, arena, s->pointers) == 1, "takes a null pointer");
        s->pointers[i] = s->ports[i].data;
    }
    if (m->arena_bytes > 0) {
        expect(m, m->run(s->weights, NULL, s->pointers) == 1, "takes a null arena");
        for (i = 1; (size_t)i < m->arena_align; i *= 2) {
            expect(m, m->run(s->weights, arena + i, s->pointers) == 2, "takes a misaligned arena");
        }
    } else {
        expect(m, m->run(s->weights, NULL, s->pointers) == 0, "wants an arena of no bytes");
    }
}

static void check_weights(struct stage *s, unsigned char *weights)
{
    const struct model *m = s->model;
    int i;
    expect(m, m->run(NULL, s->arena.data, s->pointers) == 1, "takes null weights");
    for (i = 1; (size_t)i < m->weights_align; i *= 2) {
        expect(m, m->run(weights + i, s->arena.data, s->pointers) == 3, "takes misaligned weights");
    }
    for (i = 0; i < 24; ++i) {
        weights[i] ^= 1;
        expect(m, m->run(weights, s->arena.data, s->pointers) == 4, "takes other weights");
        weights[i] ^= 1;
    }
}

static FILE *opened(const char *folder, const char *name, const char *ending, const char *mode)
{
    char path[1000];
    FILE *file;
    snprintf(path, sizeof path, "%s/%s%s", folder, name, ending);
    file = fopen(path, mode);
    if (file == NULL) {
        printf("%s cannot be opened\n", path);
        exit(2);
    }
    return file;
}

static void check_vectors(const struct model *m, struct stage *a, struct stage *b, char **folders)
{
    FILE *const in = opened(folders[0], m->name, ".in", "rb");
    FILE *const out = opened(folders[1], m->name, ".out", "wb");
    unsigned char *vector;
    size_t bytes = 1; /* a byte in front of each vector, for models without inputs */
    int i;
    for (i = 0; i < m->inputs; ++i) bytes += m->ports[i].bytes;
    vector = malloc(bytes);
    while (vector != NULL && fread(vector, 1, bytes, in) == bytes) {
        check_runs(a, b, vector + 1);
        for (i = m->inputs; i < m->inputs + m->outputs; ++i) {
            fwrite(a->ports[i].data, 1, m->ports[i].bytes, out);
        }
        stage_load(a, vector + 1, 0x55);
    }
    if (m->arena_bytes > 0) {
        check_refusals(a);
        expect(m, untouched(a, 0x55), "writes outputs though it refuses");
    }
    free(vector);
    fclose(in);
    fclose(out);
}

static void check_model(const struct model *m, char **folders)
{
    static struct stage a, b;
    const int is_blob = m->selftest_weights != NULL;
    struct block weights = block_make(m->weights_bytes, is_blob ? m->weights_align : 1);
    if (is_blob) {
        FILE *const file = opened(folders[0], m->name, "_weights.bin", "rb");
        expect(m, fread(weights.data, 1, weights.bytes, file) == weights.bytes && getc(file) == EOF,
               "the weights are not as long as the header says");
        fclose(file);
        *m->selftest_weights = weights.data;
    }
    stage_make(&a, m, weights.data);
    stage_make(&b, m, weights.data);
    check_vectors(m, &a, &b, folders);
    if (is_blob) check_weights(&a, weights.data);
    if (m->arena_bytes == 0) check_refusals(&a);
    expect(m, m->selftest() == 0, "the self-test fails");
    expect(m, block_is_intact(&weights), "wrote beside the weights");
    stage_free(&a);
    stage_free(&b);
    block_free(&weights);
}

int main(int argc, char **argv)
{
    int i;
    if (argc != 3) return 2;
    for (i = 0; models[i] != NULL; ++i) {
        /* The last line tells whose report a sanitizer prints. */
        printf("running %s\n", models[i]->name);
        fflush(stdout);
        check_model(models[i], argv + 1);
    }
    return faults;
}
