//! What the body of a response and the task that polls it tell each other: whether the body's last word was a piece
//! of it, and whether the task is giving the body up.
//!
//! Between the two is hyper, which passes nothing through. Both run on one thread, one within the other, so they
//! meet in thread-local cells.

use std::cell::Cell;

thread_local! {
    static HANDED: Cell<bool> = const { Cell::new(false) };
    static ANY: Cell<bool> = const { Cell::new(false) };
    static STALLED: Cell<bool> = const { Cell::new(false) };
}

/// The body has handed on a piece (`true`), or has nothing yet.
pub(super) fn note(piece: bool) {
    HANDED.set(piece);
    if piece {
        ANY.set(true);
    }
}

/// Before a stream is polled: what its body said last.
pub(crate) fn set(handed: bool) {
    HANDED.set(handed);
    ANY.set(false);
}

/// After a stream was polled: what its body said last, and whether it has handed on any piece meanwhile.
pub(crate) fn get() -> (bool, bool) {
    (HANDED.get(), ANY.get())
}

/// Runs `drop`, within which bodies end because their client does not take them.
pub(crate) fn while_stalled(drop: impl FnOnce()) {
    STALLED.set(true);
    drop();
    STALLED.set(false);
}

/// Whether that is so.
pub(super) fn is_stalled() -> bool {
    STALLED.get()
}
