//! What a decision is made about. Pure.

use crate::view::View;

/// What is to be done, with this writer.
#[derive(Clone, Copy)]
pub(super) struct Course<'a> {
    pub(super) view: View<'a>,
    pub(super) writer: &'a str,
}
