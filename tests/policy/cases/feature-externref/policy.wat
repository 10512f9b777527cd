;; Holds references to things of the host.
(module
  (func (param externref)))
