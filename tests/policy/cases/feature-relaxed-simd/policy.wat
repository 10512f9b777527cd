;; Multiplies with whatever precision the machine likes.
(module
  (func (param v128) (result v128) (f32x4.relaxed_madd (local.get 0) (local.get 0) (local.get 0))))
