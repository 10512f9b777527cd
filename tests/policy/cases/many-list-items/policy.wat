;; Answers with four thousand empty names: few octets of text, many items.
;; world: check-module
(module
  (memory (export "memory") 4)
  (global $free (mut i32) (i32.const 8192))
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (global.set $free (i32.and (i32.add (global.get $free) (i32.const 7)) (i32.const -8)))
    (global.get $free)
    (global.set $free (i32.add (global.get $free) (local.get 3))))
  ;; Accepts any configuration and wants to be asked about everything.
  (data (i32.const 1024) "\00\00\00\00\0f\00")
  (func (export "step:policy/check@0.1.0#init") (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i64) (result i32)
    (i32.const 1024))
  (func (export "step:policy/check@0.1.0#review") (param i32) (result i32) (local $edit i32)
    ;; Case 1 of `edit` is a name to remove; memory is zero but for the cases, so every name is empty.
    (local.set $edit (i32.const 65536))
    (loop
      (i32.store8 (local.get $edit) (i32.const 1))
      (br_if 0 (i32.lt_u (local.tee $edit (i32.add (local.get $edit) (i32.const 32))) (i32.const 196608))))
    (i32.store (i32.const 1044) (i32.const 65536))
    (i32.store (i32.const 1048) (i32.const 4096))
    (i32.const 1040)))
