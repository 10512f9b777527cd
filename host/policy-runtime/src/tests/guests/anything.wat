;; Logs once and answers, with arguments and an answer that the test puts in.
;; world: check-module
(module
  (import "step:policy/log@0.1.0" "write" (func $write (param i32 i32 i32 i32 i32)))
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
  (func (export "step:policy/check@0.1.0#review") (param i32) (result i32)
    (call $write (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0))
    (i32.const 1040)))
