/* One inference as a program of Linux, of this machine or another: the input comes in, the answer goes out. */
#include <stddef.h>
#include <stdint.h>

#include "model.h"

static unsigned char input[MODEL_IN0_BYTES];
static unsigned char output[MODEL_OUT0_BYTES];
static _Alignas(128) unsigned char arena[MODEL_ARENA_BYTES > 0u ? MODEL_ARENA_BYTES : 1u];

#ifdef __riscv

enum { EXIT = 93, READ = 63, WRITE = 64 };

static long system_call(long number, long first, const void *second, size_t third) {
  register long a7 __asm("a7") = number;
  register long a0 __asm("a0") = first;
  register const void *a1 __asm("a1") = second;
  register size_t a2 __asm("a2") = third;
  __asm volatile("ecall" : "+r"(a0) : "r"(a7), "r"(a1), "r"(a2) : "memory");
  return a0;
}

/* There is no C library for this processor here. */
void *memcpy(void *to, const void *from, size_t count);
void *memset(void *to, int value, size_t count);

void *memcpy(void *to, const void *from, size_t count) {
  for (size_t i = 0; i < count; i++) ((volatile unsigned char *)to)[i] = ((const unsigned char *)from)[i];
  return to;
}

void *memset(void *to, int value, size_t count) {
  for (size_t i = 0; i < count; i++) ((volatile unsigned char *)to)[i] = (unsigned char)value;
  return to;
}

void _start(void);

void _start(void) {
  size_t have = 0;
  while (have < sizeof input) {
    long more = system_call(READ, 0, input + have, sizeof input - have);
    if (more <= 0) break;
    have += (size_t)more;
  }
  int status = model_run(arena, (const void *)input, (void *)output);
  system_call(WRITE, 1, output, sizeof output);
  system_call(EXIT, status, NULL, 0);
  for (;;) {
  }
}

#else

#include <stdio.h>

int main(void) {
  size_t have = fread(input, 1, sizeof input, stdin);
  int status = model_run(arena, (const void *)input, (void *)output);
  size_t said = fwrite(output, 1, sizeof output, stdout);
  return status != 0 || have != sizeof input || said != sizeof output;
}

#endif
