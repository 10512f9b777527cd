;; Leaves a mark in its memory, and refuses when it finds one.
;; world: check-module
(module
  (memory (export "memory") 2)
  (global $free (mut i32) (i32.const 8192))
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (global.set $free (i32.and (i32.add (global.get $free) (i32.const 7)) (i32.const -8)))
    (global.get $free)
    (global.set $free (i32.add (global.get $free) (local.get 3))))
  ;; Accepts any configuration and wants to be asked about everything.
  (data (i32.const 1024) "\00\00\00\00\0f\00")
  (func (export "step:policy/check@0.1.0#init") (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i64) (result i32)
    (i32.const 1024))
  (data (i32.const 1040) "\00\00\00\00\00\00\00\00\00\00\00\00")
  ;; A denial of kind `forbidden` with an empty message.
  (data (i32.const 1052) "\01\00\00\00\02\00\00\00")
  (func (export "step:policy/check@0.1.0#review") (param i32) (result i32)
    (if (result i32) (i32.load (i32.const 2048))
      (then (i32.const 1052))
      (else
        (i32.store (i32.const 2048) (i32.const 1))
        (i32.const 1040)))))
