;; Has two memories.
(module
  (memory 1) (memory 1))
