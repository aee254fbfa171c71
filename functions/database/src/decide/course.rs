//! The input of a decision. Pure.

use crate::view::View;

/// A decision in progress, with the writer that was found.
#[derive(Clone, Copy)]
pub(super) struct Course<'a> {
    pub(super) view: View<'a>,
    pub(super) writer: &'a str,
}
