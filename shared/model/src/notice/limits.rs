//! The limits of what a notice contains: an unsent notice is kept in the journal, whose items hold at most 400 KB, and a
//! publish has at most 256 KB for all bodies together.

use crate::{step::StepReport, text::clip};

pub(super) const STEPS_KEPT: usize = 30;
/// The longest text in a notice, in bytes.
pub const LONGEST: usize = 400;
pub(super) const SIDES_KEPT: usize = 16;
const REMARKS_KEPT: usize = 10;

/// The steps in a notice, failed ones first.
pub(super) fn worst_first(steps: &[StepReport]) -> Vec<StepReport> {
    let (good, bad): (Vec<_>, Vec<_>) = steps.iter().cloned().partition(|step| step.result.is_good());
    bad.into_iter().chain(good).take(STEPS_KEPT).collect()
}

pub(super) fn fit(remarks: &[String]) -> Vec<String> {
    remarks.iter().take(REMARKS_KEPT).map(|remark| clip(remark, LONGEST)).collect()
}
