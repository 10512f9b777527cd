;; Calls itself without a stack.
(module
  (func $f (return_call $f)))
