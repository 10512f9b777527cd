;; Has pages of one octet.
(module
  (memory 1 (pagesize 1)))
