;; Has structures that somebody else frees.
(module
  (type (struct (field i32))))
