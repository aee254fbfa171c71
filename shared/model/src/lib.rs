//! The pure part of Crossover: no I/O, no clock, no kind of target and no service of a cloud.
//!

//! - [`topology`]: the declared targets; [`trigger`], [`command`](trigger::Command): what invokes a function
//! - [`alarm`], [`health`], [`correlation`]: the health of each side, and of many targets at once
//! - [`decision`], [`guard`], [`hold`]: what to do, and what may hold it
//! - [`step`], [`crossover`], [`outcome`], [`timeline`]: what was done
//! - [`journal`], [`notes`], [`stop`], [`triage`]: what is remembered, and which targets are due; [`undeclared`], [`leftover`],
//!   [`known_targets`]: names in the journal that the topology does not declare
//! - [`notice`], [`answer`], [`status`]: notices and answers
//! - [`loss`], [`forecast`]: what can be lost and what would happen, as values; [`later`]: records of other versions
//! - [`arn`], [`hash`]: names of resources, and a hash that all versions share
//! - [`verify`]: whether what a journal records kept the promises
//! - [`finding`], [`findings_diff`], [`suppression`], [`estimate`]: what a check finds

pub mod alarm;
pub mod answer;
pub mod arn;
pub mod check_answer;
pub mod correlation;
pub mod crossover;
pub mod decision;
pub mod direction;
pub mod duty;
pub mod episode;
pub mod error;
pub mod estimate;
pub mod evacuation;
pub mod finding;
pub mod findings_diff;
pub mod forecast;
pub mod guard;
pub mod half_done;
pub mod hash;
pub mod health;
pub mod hold;
pub mod journal;
pub mod known_targets;
pub mod later;
pub mod leftover;
pub mod loss;
pub mod notes;
pub mod notice;
pub mod outcome;
pub mod pace;
pub mod pause;
pub mod permission;
pub mod reserved;
pub mod rules;
pub mod serving;
pub mod status;
pub mod step;
pub mod stop;
pub mod suppression;
pub mod text;
pub mod time;
pub mod timeline;
pub mod topology;
pub mod triage;
pub mod trigger;
pub mod undeclared;
pub mod verify;
