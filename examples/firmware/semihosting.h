/* Words to the host through the debugger's (here QEMU's) semihosting calls. */
#ifndef SEMIHOSTING_H
#define SEMIHOSTING_H

#include <stdint.h>

void semihosting_write(const char *text);
void semihosting_write_number(uint32_t number);
_Noreturn void semihosting_exit(int status);

#endif
