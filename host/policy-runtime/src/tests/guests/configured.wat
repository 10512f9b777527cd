;; Accepts no configuration: one problem with a path, one without.
;; world: check-module
(module
  (memory (export "memory") 2)
  (global $free (mut i32) (i32.const 8192))
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (global.set $free (i32.and (i32.add (global.get $free) (i32.const 7)) (i32.const -8)))
    (global.get $free)
    (global.set $free (i32.add (global.get $free) (local.get 3))))
  ;; Case 1 of the result: a list of two problems at 1100, each an optional path and a message.
  (data (i32.const 1024) "\01\00\00\00\4c\04\00\00\02\00\00\00")
  (data (i32.const 1100) "\01\00\00\00\b0\04\00\00\0d\00\00\00\c0\04\00\00\05\00\00\00")
  (data (i32.const 1120) "\00\00\00\00\00\00\00\00\00\00\00\00\c5\04\00\00\05\00\00\00")
  (data (i32.const 1200) "/settings/max")
  (data (i32.const 1216) "empty\1b[2Jx")
  (func (export "step:policy/check@0.1.0#init") (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i64) (result i32)
    (i32.const 1024))
  ;; No edits.
  (data (i32.const 1040) "\00\00\00\00\00\00\00\00\00\00\00\00")
  (func (export "step:policy/check@0.1.0#review") (param i32) (result i32)
    (i32.const 1040)))
