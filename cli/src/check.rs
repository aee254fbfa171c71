//! Whether a topology is in order.

use std::{path::Path, process::ExitCode};

use crossover_controller::topology::{Failback, Target, Topology};
use crossover_nat::NatSpec;

use crate::{Failure, Output, read, screen};

pub(crate) fn run(path: &Path) -> Result<Output, Failure> {
    let topology = Topology::<NatSpec>::parse(&read(path)?)
        .map_err(|problems| Failure::Topology { path: path.display().to_string(), problems })?;
    let row = |target: &Target<NatSpec>| {
        let sides: Vec<&str> = target.sides.iter().map(|side| side.name.as_str()).collect();
        let failback = match target.policy.failback {
            Failback::Manual => "manual".to_owned(),
            Failback::Automatic { stable_for } => format!("after {} s", stable_for.as_secs()),
        };
        vec![target.policy.name.clone(), "nat".to_owned(), sides.join(" "), failback, target.policy.owner.clone()]
    };
    let targets = screen::table(&["TARGET", "KIND", "SIDES", "FAILBACK", "OWNER"], topology.targets().iter().map(row));
    Ok((format!("{} is in order.\n\n{targets}", path.display()), ExitCode::SUCCESS))
}
