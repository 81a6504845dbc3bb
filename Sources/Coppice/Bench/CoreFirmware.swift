import CoppiceC
import CoppiceIR
import CoppiceLowering

/// Bare-metal C that runs a model between marks: a call of nothing, then a call of the model.
func coreMain(_ model: BenchModel, _ program: Program, inputs file: String) -> String {
  let upper = model.name.uppercased()
  var start = 0
  let places = model.inputs.enumerated().map { index, bytes in
    defer { start += bytes }
    return "    copy(in\(index), inputs + \(start), \(bytes));\n"
  }
  let rooms =
    model.inputs.enumerated().map { "static ROOM in\($0)[\(max($1, 1))];\n" }
    + model.outputs.enumerated().map { "static ROOM out\($0)[\(max($1, 1))];\n" }
  let arguments =
    ["arena"] + model.inputs.indices.map { "(void *)in\($0)" }
    + model.outputs.indices.map { "(void *)out\($0)" }
  return """
    #include "\(model.name).h"
    #include <stdint.h>
    #include <stddef.h>
    #define ROOM __attribute__((aligned(16))) unsigned char
    static __attribute__((aligned(\(upper)_ARENA_ALIGN))) unsigned char
        arena[\(upper)_ARENA_BYTES > 0u ? \(upper)_ARENA_BYTES : 1u];
    \(rooms.joined())\
    __asm(".section .cases,\\"a\\",%progbits\\n.balign 16\\n.global inputs\\ninputs:\\n.incbin \\"\(file)\\"\\n.text\\n");
    extern const unsigned char inputs[];
    extern uint32_t image_data[], data_begin[], data_end[], bss_begin[], bss_end[], stack_top[];
    \(coreTools)
    static __attribute__((noinline)) int nothing(void) { __asm volatile(""); return 0; }
    static __attribute__((noinline)) int model(void) { return \(model.name)_run(\(arguments.joined(separator: ", "))); }
    static int (*volatile const calls[])(void) = {nothing, model};
    static void fault(void) { leave(99); }
    void reset(void);
    void reset(void)
    {
        const uint32_t *from = image_data;
        int status;
        *(volatile uint32_t *)0xE000ED88u |= 0xFu << 20;
    #ifdef __ARM_FEATURE_MVE
        *(volatile uint32_t *)0xE000ED14u |= 1u << 19;
    #endif
        __asm volatile("dsb\\n\\tisb" ::: "memory");
        for (uint32_t *to = data_begin; to < data_end; to++) *to = *from++;
        for (uint32_t *to = bss_begin; to < bss_end; to++) *to = 0;
    \(places.joined())\
        bench_mark();
        calls[0]();
        bench_mark();
        status = calls[1]();
        bench_mark();
        leave(status == 0 ? 0 : 3);
    }
    __attribute__((section(".vectors"), used)) static void *const vectors[16] = {
        stack_top, (void *)reset, (void *)fault, (void *)fault, (void *)fault, (void *)fault,
    };

    """
}

/// Marks for the emulator, and the way out of it.
private let coreTools = """
  void bench_mark(void);
  __attribute__((naked, noinline)) void bench_mark(void) { __asm volatile("bx lr"); }
  static void copy(unsigned char *to, const unsigned char *from, size_t n)
  {
      while (n-- > 0) *to++ = *from++;
  }
  static void leave(int status)
  {
      const uint32_t block[2] = {0x20026, (uint32_t)status};
      register int r0 __asm("r0") = 0x20;
      register const void *r1 __asm("r1") = block;
      __asm volatile("bkpt 0xAB" : "+r"(r0) : "r"(r1) : "memory");
      for (;;) { }
  }
  """

/// Memory of the boards.
let linkerScript = """
  ENTRY(reset)
  MEMORY
  {
    VECTORS (rx) : ORIGIN = 0x00000000, LENGTH = 1K
    FLASH (rx)   : ORIGIN = 0x00000400, LENGTH = 4M - 1K
    RAM (rw)     : ORIGIN = 0x20000000, LENGTH = 4M
    CASES (r)    : ORIGIN = 0x21000000, LENGTH = 16M
  }
  SECTIONS
  {
    .vectors : { KEEP(*(.vectors)) } > VECTORS
    .text : { *(.text*) *(.rodata*) . = ALIGN(8); } > FLASH
    .ARM.extab : { *(.ARM.extab*) } > FLASH
    .ARM.exidx : { *(.ARM.exidx*) . = ALIGN(8); } > FLASH
    .data : { . = ALIGN(8); data_begin = .; *(.data*) . = ALIGN(8); data_end = .; } > RAM AT> FLASH
    image_data = LOADADDR(.data);
    .bss (NOLOAD) : { . = ALIGN(8); bss_begin = .; *(.bss*) *(COMMON) . = ALIGN(8); bss_end = .; } > RAM
    stack_top = ORIGIN(RAM) + LENGTH(RAM);
    .cases : { KEEP(*(.cases)) } > CASES
    /DISCARD/ : { *(.comment) *(.ARM.attributes) }
  }

  """

/// A QEMU plugin that prints the instructions executed so far each time execution passes an address.
///
/// The few entry points of its interface (version 1) are declared here.
let countingPlugin = """
  #include <inttypes.h>
  #include <stdio.h>
  #include <stdlib.h>
  #include <string.h>
  #define VISIBLE __attribute__((visibility("default")))
  struct qemu_plugin_tb;
  struct qemu_plugin_insn;
  struct qemu_info_t;
  typedef void translated(uint64_t id, struct qemu_plugin_tb *block);
  typedef void executed_at(unsigned cpu, void *data);
  void qemu_plugin_register_vcpu_tb_trans_cb(uint64_t id, translated *callback);
  void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *, executed_at *, int, void *);
  void qemu_plugin_register_vcpu_insn_exec_inline(struct qemu_plugin_insn *, int, void *, uint64_t);
  size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *block);
  struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *block, size_t index);
  uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);
  void qemu_plugin_outs(const char *text);
  VISIBLE int qemu_plugin_version = 1;
  static uint64_t mark, executed;
  static void passed(unsigned cpu, void *data)
  {
      char line[64];
      (void)cpu, (void)data;
      snprintf(line, sizeof line, "mark %" PRIu64 "\\n", executed);
      qemu_plugin_outs(line);
  }
  static void translate(uint64_t id, struct qemu_plugin_tb *block)
  {
      size_t count = qemu_plugin_tb_n_insns(block);
      (void)id;
      for (size_t k = 0; k < count; k++) {
          struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(block, k);
          if ((qemu_plugin_insn_vaddr(insn) & ~UINT64_C(1)) == mark)
              qemu_plugin_register_vcpu_insn_exec_cb(insn, passed, 0, NULL);
          qemu_plugin_register_vcpu_insn_exec_inline(insn, 0, &executed, 1);
      }
  }
  VISIBLE int qemu_plugin_install(uint64_t id, const struct qemu_info_t *info, int argc, char **argv)
  {
      (void)info;
      if (argc != 1 || strncmp(argv[0], "mark=", 5) != 0) return 1;
      mark = strtoull(argv[0] + 5, NULL, 0) & ~UINT64_C(1);
      qemu_plugin_register_vcpu_tb_trans_cb(id, translate);
      return 0;
  }

  """
