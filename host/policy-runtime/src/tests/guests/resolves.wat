;; Looks up the text of "abc" in the DNS and shows the first record it found.
;; world: check-host
(module
  (import "step:policy/dns@0.1.0" "look-up" (func $look-up (param i32 i32 i32 i32)))
  (memory (export "memory") 2)
  (global $free (mut i32) (i32.const 8192))
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (global.set $free (i32.and (i32.add (global.get $free) (i32.const 7)) (i32.const -8)))
    (global.get $free)
    (global.set $free (i32.add (global.get $free) (local.get 3))))
  ;; Accepts any configuration and wants to be asked about everything.
  (data (i32.const 1024) "\00\00\00\00\0f\00")
  ;; Asks too early, and does not mind the answer.
  (func (export "step:policy/check@0.1.0#init") (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i64) (result i32)
    (call $look-up (i32.const 1080) (i32.const 3) (i32.const 6) (i32.const 1200))
    (i32.const 1024))
  (data (i32.const 1080) "abc")
  (func (export "step:policy/check@0.1.0#review") (param i32) (result i32)
    (call $look-up (i32.const 1080) (i32.const 3) (i32.const 6) (i32.const 1200))
    ;; A result of a list of records: place and length of the text come after the word that says what a record is.
    (if (i32.eqz (i32.load8_u (i32.const 1200)))
      (then
        (i32.store (i32.const 1124) (i32.load offset=4 (i32.load (i32.const 1204))))
        (i32.store (i32.const 1128) (i32.load offset=8 (i32.load (i32.const 1204))))))
    ;; One edit, case 4: an extension whose value is what was found.
    (i32.store8 (i32.const 1104) (i32.const 4))
    (i32.store (i32.const 1044) (i32.const 1104))
    (i32.store (i32.const 1048) (i32.const 1))
    (i32.const 1040)))
