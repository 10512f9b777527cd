;; Stores ten thousand values, each of three octets.
;; world: check-host
(module
  (import "step:policy/kv@0.1.0" "put" (func $put (param i32 i32 i32 i32 i32)))
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
  ;; No edits.
  (data (i32.const 1040) "\00\00\00\00\00\00\00\00\00\00\00\00")
  (func (export "step:policy/check@0.1.0#review") (param i32) (result i32) (local $left i32)
    (local.set $left (i32.const 10000))
    (loop
      ;; The key is the number of those that are left.
      (i32.store8 (i32.const 1080) (i32.add (i32.const 48) (i32.rem_u (local.get $left) (i32.const 10))))
      (call $put (i32.const 1080) (i32.const 1) (i32.const 1080) (i32.const 3) (i32.const 1200))
      (br_if 0 (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
    (i32.const 1040)))
