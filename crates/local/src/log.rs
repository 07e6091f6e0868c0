//! The log of every call.

use serde::Serialize;

use crate::call::Service;

/// One call that arrived, whatever became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CallRecord {
    /// The how-manieth call it was, from 1. Requests that no modelled service was meant by are
    /// answered, but are no calls.
    pub number: u64,
    /// The service called.
    pub service: Service,
    /// The region in the credential scope.
    pub region: String,
    /// The operation, e.g. `ChangeResourceRecordSets`.
    pub operation: String,
    /// The account of the caller.
    pub account: String,
    /// Whether the operation changes something.
    pub mutating: bool,
    /// The HTTP status that the caller got; `None` before the answer, and for ever where no
    /// answer reached the caller.
    pub status: Option<u16>,
    /// The error code of a refusal, or how the caller was left without an answer
    /// (`ConnectionRefused`, `ConnectTimeout`, `ConnectionReset`, `Held`).
    pub code: Option<String>,
    /// The bytes of the request's body.
    pub received: usize,
    /// The bytes of the answer's body; 0 before the answer, and where none was given.
    pub sent: usize,
    /// When it arrived, in milliseconds since 1970 of virtual time.
    pub at_ms: i64,
}

/// Where a call is when [`crate::Cloud::on_call`] is told of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// It arrived; nothing was done yet.
    Before,
    /// It was carried out or refused; the caller has no answer yet.
    After,
}
