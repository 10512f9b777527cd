//! Strangers judge what we signed, and ask us to sign what they made.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

mod curl;
mod keys;
mod openssl;
mod tls;
mod webpki;
