;; Has the host hash "abc", and shows the result.
;; world: check-module
(module
  (import "step:policy/crypto@0.1.0" "digest" (func $digest (param i32 i32 i32 i32)))
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
  (data (i32.const 1080) "abc")
  (func (export "step:policy/check@0.1.0#review") (param i32) (result i32)
    ;; One edit, case 4: an extension whose value is the digest. The result of the call is its place and length.
    (call $digest (i32.const 1) (i32.const 1080) (i32.const 3) (i32.const 1124))
    (i32.store8 (i32.const 1104) (i32.const 4))
    (i32.store (i32.const 1044) (i32.const 1104))
    (i32.store (i32.const 1048) (i32.const 1))
    (i32.const 1040)))
