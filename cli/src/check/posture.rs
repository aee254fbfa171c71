//! The posture checks of the account around the targets.

use std::time::Duration;

use crossover_engine::{group::TargetGroup, ports::Clock, retry::Patience};
use crossover_model::finding::Finding;
use crossover_posture::{Reader, Scope};

/// How long a check may take: a large account has thousands of resources, and no crossover waits for it.
pub(crate) const TIME: Duration = Duration::from_mins(5);

pub(super) type Kinds = Vec<Box<dyn TargetGroup>>;

/// The findings about the account around the targets.
pub(crate) async fn posture_findings(
    kinds: &[Box<dyn TargetGroup>],
    reader: &dyn Reader,
    topic: Option<String>,
    clock: &dyn Clock,
) -> Vec<Finding> {
    crossover_posture::check(reader, &Scope::of(kinds, topic), Patience::new(clock, clock.now() + TIME)).await
}
