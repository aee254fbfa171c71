//! The services that can fail in a drill, in addition to the target: those whose calls the sandbox account answers.

use clap::{Command, builder::PossibleValuesParser};
use crossover_kinds::Registry;
use crossover_sandbox::{Fault, FaultRule, Service};

/// This `drill`, whose `--without` takes the words of the registry's services.
pub(crate) fn with_services(drill: Command, registry: &Registry) -> Command {
    let words = PossibleValuesParser::new(registry.sections().services().map(|service| service.word));
    drill.mut_arg("without", |without| without.value_parser(words))
}

/// The services with these words.
pub(super) fn named(registry: &Registry, words: &[String]) -> Vec<&'static Service> {
    let sections = registry.sections();
    words.iter().filter_map(|word| sections.services().find(|service| service.word == word)).collect()
}

/// A fault by which every call to a service returns a server error.
pub(super) fn outage(service: &Service) -> FaultRule {
    FaultRule::every(&format!("{}:*", service.name), Fault::ServerError)
}
