/* Start-up code for a Cortex-M with a floating-point unit: vectors, memory, then main(). */
#include <stdint.h>

#include "semihosting.h"

extern uint32_t image_data[], data_begin[], data_end[], bss_begin[], bss_end[], stack_top[];

int main(void);
void reset(void);

enum { STATUS_FAULT = 99 };

#define COPROCESSOR_ACCESS (*(volatile uint32_t *)0xE000ED88u)
#define CONFIGURATION_CONTROL (*(volatile uint32_t *)0xE000ED14u)
#define FULL_ACCESS_TO_FPU (0xFu << 20)
#define LOOP_AND_BRANCH_CACHE (1u << 19)

static void fault(void) {
  semihosting_write("fault\n");
  semihosting_exit(STATUS_FAULT);
}

void reset(void) {
  COPROCESSOR_ACCESS |= FULL_ACCESS_TO_FPU;
#ifdef __ARM_FEATURE_MVE
  CONFIGURATION_CONTROL |= LOOP_AND_BRANCH_CACHE;
#endif
  __asm volatile("dsb\n\tisb" ::: "memory");
  const uint32_t *from = image_data;
  for (uint32_t *to = data_begin; to < data_end; to++) *to = *from++;
  for (uint32_t *to = bss_begin; to < bss_end; to++) *to = 0;
  semihosting_exit(main());
}

/* The processor loads the stack pointer from the first word and jumps to the second. */
struct vectors {
  uint32_t *stack;
  void (*handlers[15])(void);
};

__attribute__((section(".vectors"), used)) static const struct vectors vectors = {
    stack_top,
    {reset, fault, fault, fault, fault, fault, fault, 0, 0, 0, fault, fault, 0, fault, fault},
};
