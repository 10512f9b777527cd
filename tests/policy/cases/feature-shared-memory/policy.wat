;; Shares memory between threads.
(module
  (memory 1 1 shared))
