//! A probe's settings, from its environment and the topology.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crossover_lambda::settings::{self, SettingError, filled};
use crossover_model::arn::Arn;

use crate::declared::{Probe, probe};

/// The path of the trusted authorities on Amazon Linux.
const TRUSTED: &str = "/etc/pki/tls/certs/ca-bundle.crt";

/// The settings of a probe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// `CROSSOVER_PROBE_ZONE`: its zone.
    pub zone: String,
    /// `CROSSOVER_STACK`: the name of the stack, for the metric's namespace.
    pub stack: Option<String>,
    /// `SSL_CERT_FILE`: the certificates of trusted authorities.
    pub trusted: PathBuf,
    /// The settings for AWS endpoints in the VPC, if it has them.
    pub direct: Option<Direct>,
    /// The `[probe]` section of the topology that `CROSSOVER_TOPOLOGY` names.
    pub probe: Probe,
}

/// The settings for the work beyond the metric.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Direct {
    /// `CROSSOVER_PROBE_ALARM`: the ARN of its own alarm.
    pub alarm: String,
    /// `CROSSOVER_PROBE_FUNCTION`: the function that it invokes.
    pub function: String,
    /// `CROSSOVER_PROBE_OTHERS`: the other zones' alarms, separated by commas.
    pub others: Vec<String>,
}

impl Settings {
    /// Reads the settings through `variable`.
    ///
    /// # Errors
    /// All problems.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, Vec<String>> {
        let zone = required(&variable, "CROSSOVER_PROBE_ZONE", "the zone that the probe is in, as in us-east-1a");
        let direct = direct(&variable);
        let probe = topology(&settings::topology(&variable));
        let trusted = filled(&variable, "SSL_CERT_FILE").map_or_else(|| TRUSTED.into(), PathBuf::from);
        match (zone, direct, probe) {
            (Ok(zone), Ok(direct), Ok(probe)) => Ok(Self { zone, stack: settings::stack(&variable), trusted, direct, probe }),
            (zone, direct, probe) => {
                let mut problems: Vec<String> = [zone.err(), direct.err()].iter().flatten().map(ToString::to_string).collect();
                problems.extend(probe.err().into_iter().flatten());
                Err(problems)
            }
        }
    }
}

fn topology(path: &Path) -> Result<Probe, Vec<String>> {
    let shown = path.display();
    let text = fs::read_to_string(path)
        .map_err(|error| vec![format!("CROSSOVER_TOPOLOGY is \"{shown}\"; expected a file that can be read, but: {error}")])?;
    let probe = probe(&text).map_err(|problems| problems.0.iter().map(|one| format!("{shown}, {one}")).collect::<Vec<_>>())?;
    probe.ok_or_else(|| vec![format!("{shown} has no [probe] section; expected one with the probes' targets")])
}

fn direct(variable: impl Fn(&str) -> Option<String>) -> Result<Option<Direct>, SettingError> {
    let Some(function) = filled(&variable, "CROSSOVER_PROBE_FUNCTION") else { return Ok(None) };
    let (name, expected) = (
        "CROSSOVER_PROBE_ALARM",
        "the ARN of the probe's alarm, as in arn:aws:cloudwatch:us-east-1:111122223333:alarm:crossover-probe-a",
    );
    let alarm = required(&variable, name, expected)?;
    let is_alarm = |arn: Arn<'_>| arn.service == "cloudwatch" && arn.named("alarm").is_some();
    if !Arn::of(&alarm).is_some_and(is_alarm) {
        return Err(SettingError::Wrong { variable: name, value: alarm, expected });
    }
    let others = filled(&variable, "CROSSOVER_PROBE_OTHERS").unwrap_or_default();
    let others = others.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect();
    Ok(Some(Direct { alarm, function, others }))
}

fn required(
    variable: impl Fn(&str) -> Option<String>,
    name: &'static str,
    expected: &'static str,
) -> Result<String, SettingError> {
    filled(variable, name).ok_or(SettingError::Missing { variable: name, expected })
}
