;; Answers, or calls the host, with octets that the host has put into the request of the proposal: the one list of so many
;; octets. Everything else is accepted.
;; world: check-module
(module
  (import "step:policy/log@0.1.0" "write" (func $log (param i32 i32 i32 i32 i32)))
  (import "step:policy/crypto@0.1.0" "digest" (func $digest (param i32 i32 i32 i32)))
  (import "step:policy/crypto@0.1.0" "verify" (func $verify (param i32 i32 i32 i32 i32 i32 i32 i32 i32)))
  (import "step:policy/jose@0.1.0" "decode-unverified" (func $decode (param i32 i32 i32)))
  (import "step:policy/jose@0.1.0" "verify" (func $token (param i32 i32 i32 i32 i32)))
  (import "step:policy/x509@0.1.0" "parse-certificate" (func $certificate (param i32 i32 i32)))
  (import "step:policy/x509@0.1.0" "parse-csr" (func $csr (param i32 i32 i32)))
  (import "step:policy/x509@0.1.0" "decode-pem" (func $pem (param i32 i32 i32)))
  (memory (export "memory") 4)
  (global $free (mut i32) (i32.const 8192))
  (global $data (mut i32) (i32.const 0))
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (global.set $free (i32.and (i32.add (global.get $free) (i32.const 7)) (i32.const -8)))
    (if (i32.eq (local.get 3) (i32.const 4096)) (then (global.set $data (global.get $free))))
    (global.get $free)
    (global.set $free (i32.add (global.get $free) (local.get 3))))
  ;; Wants to be asked about everything, and to see requests.
  (data (i32.const 1024) "\00\00\00\00\0f\01")
  (func (export "step:policy/check@0.1.0#init") (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i64) (result i32)
    (i32.const 1024))
  (data (i32.const 1040) "\00\00\00\00\00\00\00\00\00\00\00\00")
  (func $word (param $index i32) (result i32)
    (i32.load (i32.add (global.get $data) (i32.mul (local.get $index) (i32.const 4)))))
  ;; A number that is small means a place in the octets themselves.
  (func $place (param $index i32) (result i32)
    (if (result i32) (i32.lt_u (call $word (local.get $index)) (i32.const 4096))
      (then (i32.add (global.get $data) (call $word (local.get $index))))
      (else (call $word (local.get $index)))))
  (func $call (param $which i32)
    (if (i32.eq (local.get $which) (i32.const 0)) (then
      (call $log (call $word (i32.const 1)) (call $place (i32.const 2)) (call $word (i32.const 3))
        (call $place (i32.const 4)) (call $word (i32.const 5)))))
    (if (i32.eq (local.get $which) (i32.const 1)) (then
      (call $digest (call $word (i32.const 1)) (call $place (i32.const 2)) (call $word (i32.const 3))
        (call $place (i32.const 4)))))
    (if (i32.eq (local.get $which) (i32.const 2)) (then
      (call $verify (call $word (i32.const 1)) (call $word (i32.const 2)) (call $place (i32.const 3))
        (call $word (i32.const 4)) (call $place (i32.const 5)) (call $word (i32.const 6)) (call $place (i32.const 7))
        (call $word (i32.const 8)) (call $place (i32.const 9)))))
    (if (i32.eq (local.get $which) (i32.const 3)) (then
      (call $decode (call $place (i32.const 1)) (call $word (i32.const 2)) (call $place (i32.const 3)))))
    (if (i32.eq (local.get $which) (i32.const 4)) (then
      (call $token (call $place (i32.const 1)) (call $word (i32.const 2)) (call $place (i32.const 3))
        (call $word (i32.const 4)) (call $place (i32.const 5)))))
    (if (i32.eq (local.get $which) (i32.const 5)) (then
      (call $certificate (call $place (i32.const 1)) (call $word (i32.const 2)) (call $place (i32.const 3)))))
    (if (i32.eq (local.get $which) (i32.const 6)) (then
      (call $csr (call $place (i32.const 1)) (call $word (i32.const 2)) (call $place (i32.const 3)))))
    (if (i32.eq (local.get $which) (i32.const 7)) (then
      (call $pem (call $place (i32.const 1)) (call $word (i32.const 2)) (call $place (i32.const 3))))))
  ;; What the proposal says of itself decides: a time of 0 asks for an answer, any other for a call.
  (func (export "step:policy/check@0.1.0#review") (param i32) (result i32)
    (if (result i32) (i32.eq (i32.load8_u (global.get $data)) (i32.const 0xff))
      (then (call $call (i32.and (i32.load8_u offset=1 (global.get $data)) (i32.const 7))) (i32.const 1040))
      (else (i32.add (global.get $data) (i32.const 8))))))
