/* The inputs of every case, as run.py packed them. */
  .section .cases, "a", %progbits
  .balign 16
  .incbin CASES_FILE
