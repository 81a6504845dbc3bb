/* Runs the self-test, then one inference for each case that the host linked in. */
#include <stdint.h>
#include <string.h>

#include "harness.h"
#include "semihosting.h"

extern const unsigned char cases_begin[], cases_end[];
extern uint32_t stack_limit[];

enum { STATUS_SELFTEST_FAILED = 1, STATUS_RUN_FAILED = 2, PAINT_MARGIN_WORDS = 8 };
#define PAINT 0xC0FFEE11u

/* The plugin counts from the first instruction of one to that of the other. */
void measure_begin(void);
void measure_end(void);
__attribute__((naked, noinline)) void measure_begin(void) { __asm volatile("bx lr"); }
__attribute__((naked, noinline)) void measure_end(void) { __asm volatile("bx lr"); }

static uint32_t *stack_pointer(void) {
  uint32_t *here;
  __asm volatile("mov %0, sp" : "=r"(here));
  return here;
}

static void paint_stack(void) {
  volatile uint32_t *top = stack_pointer() - PAINT_MARGIN_WORDS;
  for (volatile uint32_t *word = stack_limit; word < top; word++) *word = PAINT;
}

static uint32_t stack_bytes(const uint32_t *from) {
  const volatile uint32_t *word = stack_limit;
  while (word < from && *word == PAINT) word++;
  return (uint32_t)((const char *)from - (const char *)(uintptr_t)word);
}

static void report(const char *name, uint32_t value) {
  semihosting_write(name);
  semihosting_write(" ");
  semihosting_write_number(value);
  semihosting_write("\n");
}

static void write_outputs(void) {
  static const char digits[] = "0123456789abcdef";
  const unsigned char *bytes = harness_outputs;
  char pair[3] = {0, 0, 0};
  semihosting_write("output ");
  for (size_t index = 0; index < harness_output_bytes; index++) {
    pair[0] = digits[bytes[index] >> 4];
    pair[1] = digits[bytes[index] & 15];
    semihosting_write(pair);
  }
  semihosting_write("\n");
}

static __attribute__((noinline)) int run_case(const unsigned char *inputs) {
  memcpy(harness_inputs, inputs, harness_input_bytes);
  paint_stack();
  measure_begin();
  int status = harness_run();
  measure_end();
  report("stack", stack_bytes(stack_pointer()));
  return status;
}

int main(void) {
  int failed = harness_selftest();
  if (failed >= 0) report("selftest", (uint32_t)failed);
  if (failed > 0) return STATUS_SELFTEST_FAILED;
  for (const unsigned char *at = cases_begin; at < cases_end; at += harness_input_bytes) {
    int status = run_case(at);
    if (status != 0) {
      report("run", (uint32_t)status);
      return STATUS_RUN_FAILED;
    }
    write_outputs();
  }
  return 0;
}
