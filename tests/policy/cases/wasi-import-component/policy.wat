;; A component that expects an environment.
(component
  (import "wasi:cli/environment@0.2.0" (instance)))
