/* A QEMU plugin that counts the instructions executed between two addresses, exactly.
 *
 *     -plugin count.so,begin=0xADDRESS,end=0xADDRESS -d plugin
 *
 * Each time execution passes `end` it prints "instructions N", N being what was executed since it
 * last passed `begin`, the instruction at `begin` counted and the one at `end` not.
 * QEMU's plugin header is not packaged everywhere, so the few entry points used are declared here
 * (plugin interface version 1, QEMU 4.2 and later). */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VISIBLE __attribute__((visibility("default")))

struct qemu_plugin_tb;
struct qemu_plugin_insn;
struct qemu_info_t;
enum { ADD_U64 = 0, NO_REGISTERS = 0 };

typedef void block_translated(uint64_t id, struct qemu_plugin_tb *block);
typedef void instruction_executed(unsigned cpu, void *data);

void qemu_plugin_register_vcpu_tb_trans_cb(uint64_t id, block_translated *callback);
void qemu_plugin_register_vcpu_insn_exec_cb(
    struct qemu_plugin_insn *insn, instruction_executed *callback, int flags, void *data);
void qemu_plugin_register_vcpu_insn_exec_inline(
    struct qemu_plugin_insn *insn, int operation, void *counter, uint64_t amount);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *block);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *block, size_t index);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);
void qemu_plugin_outs(const char *text);

VISIBLE int qemu_plugin_version = 1;

static uint64_t begin_address, end_address;
static uint64_t executed, executed_at_begin;

static void pass_begin(unsigned cpu, void *data) {
  (void)cpu, (void)data;
  executed_at_begin = executed;
}

static void pass_end(unsigned cpu, void *data) {
  char line[64];
  (void)cpu, (void)data;
  snprintf(line, sizeof line, "instructions %" PRIu64 "\n", executed - executed_at_begin);
  qemu_plugin_outs(line);
}

/* The callbacks of an address are registered before its counter, so they see the count so far. */
static void translate(uint64_t id, struct qemu_plugin_tb *block) {
  size_t count = qemu_plugin_tb_n_insns(block);
  (void)id;
  for (size_t index = 0; index < count; index++) {
    struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(block, index);
    uint64_t address = qemu_plugin_insn_vaddr(insn) & ~UINT64_C(1);
    if (address == begin_address)
      qemu_plugin_register_vcpu_insn_exec_cb(insn, pass_begin, NO_REGISTERS, NULL);
    if (address == end_address)
      qemu_plugin_register_vcpu_insn_exec_cb(insn, pass_end, NO_REGISTERS, NULL);
    qemu_plugin_register_vcpu_insn_exec_inline(insn, ADD_U64, &executed, 1);
  }
}

static int option(const char *argument, const char *name, uint64_t *value) {
  size_t length = strlen(name);
  if (strncmp(argument, name, length) != 0 || argument[length] != '=') return 0;
  *value = strtoull(argument + length + 1, NULL, 0) & ~UINT64_C(1);
  return 1;
}

VISIBLE int qemu_plugin_install(
    uint64_t id, const struct qemu_info_t *info, int argc, char **argv) {
  (void)info;
  for (int index = 0; index < argc; index++) {
    if (!option(argv[index], "begin", &begin_address) &&
        !option(argv[index], "end", &end_address)) {
      fprintf(stderr, "count: unknown option %s\n", argv[index]);
      return 1;
    }
  }
  qemu_plugin_register_vcpu_tb_trans_cb(id, translate);
  return 0;
}
