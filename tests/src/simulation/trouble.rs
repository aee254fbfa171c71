//! What goes wrong with the calls of a history.

use std::collections::{BTreeMap, BTreeSet};

use crossover_model::reserved::EVERYTHING;
use crossover_sandbox::{Account, Fault, FaultRule, Sandbox};
use fastrand::Rng;

use super::triggers::{Names, pick};

/// How long calls take while services are slow, in milliseconds.
const SLOW: [u64; 2] = [1_300, 3_000];

/// How long the engine waits for the alarms, in milliseconds.
const ALARMS_AWAITED: u64 = 1_500;

/// Whether CloudWatch answers too late for the engine.
pub(crate) fn is_cloudwatch_too_slow(account: &Account) -> bool {
    account.slow_ms.get("cloudwatch:*").is_some_and(|ms| *ms > ALARMS_AWAITED)
}

/// What goes wrong with several events.
#[derive(Debug, Clone)]
enum Lasting {
    /// A service is out, or one record of the journal; or a service refuses one operation.
    Faults(FaultRule),
    /// No policy allows an operation any more.
    Denied(String),
    /// Every call takes so long, in milliseconds.
    Slow(u64),
}

/// What goes wrong now.
#[derive(Debug, Default)]
pub(crate) struct Trouble {
    lasting: Option<(Lasting, usize)>,
    /// How long calls take otherwise.
    usual: Option<BTreeMap<String, u64>>,
}

impl Lasting {
    fn new(outages: &[&str], random: &mut Rng, names: &Names, sandbox: &Sandbox) -> Self {
        let fault = *pick(random, &[Fault::Timeout, Fault::ServerError, Fault::Throttle, Fault::Refuse]);
        match random.u8(0..6) {
            0 => {
                // In the order of their names, so that a seed is always the same history.
                let made: BTreeSet<&str> = sandbox.calls().into_iter().map(|call| call.call).collect();
                let made: Vec<&str> = made.into_iter().collect();
                if made.is_empty() {
                    return Self::Slow(SLOW[0]);
                }
                let call = (*pick(random, &made)).to_owned();
                if random.bool() { Self::Denied(call) } else { Self::Faults(FaultRule::every(&call, Fault::Refuse)) }
            }
            1 => {
                let records: Vec<&str> = names.targets.iter().map(|target| target.name.as_str()).chain([EVERYTHING]).collect();
                let resource = Some((*pick(random, &records)).to_owned());
                Self::Faults(FaultRule { resource, ..FaultRule::every("dynamodb:*", fault) })
            }
            2 => Self::Slow(*pick(random, &SLOW)),
            _ => Self::Faults(FaultRule::every(pick::<&str>(random, outages), fault)),
        }
    }

    /// The rule that it is, or that stands for it where somebody only asks what goes wrong.
    fn rule(&self) -> FaultRule {
        match self {
            Self::Faults(rule) => rule.clone(),
            Self::Denied(call) => FaultRule::every(call, Fault::Refuse),
            Self::Slow(_) => FaultRule::every("*", Fault::Timeout),
        }
    }
}

impl Trouble {
    /// Lets things go wrong with the calls of the next event, and says which: faults befall these calls, and these services are
    /// out.
    pub(crate) fn begin(
        &mut self,
        [calls, outages]: [&[&str]; 2],
        random: &mut Rng,
        names: &Names,
        sandbox: &Sandbox,
    ) -> Vec<FaultRule> {
        self.lasting = self.lasting.take().and_then(|(lasting, left)| Some((lasting, left.checked_sub(1)?)));
        if self.lasting.is_none() && random.u8(0..8) == 0 {
            self.lasting = Some((Lasting::new(outages, random, names, sandbox), random.usize(0..3)));
        }
        let mut rules = Vec::new();
        for _ in 0..*pick(random, &[0, 0, 1, 1, 2]) {
            let call = *pick(random, calls);
            let fault = *pick(random, &Fault::ALL);
            let always = random.u8(0..4) == 0 && !fault.is_of_the_process();
            rules.push(if always { FaultRule::every(call, fault) } else { FaultRule::once(call, random.u32(0..14), fault) });
        }
        self.take_effect(&rules, sandbox);
        self.lasting.iter().map(|(lasting, _)| lasting.rule()).chain(rules).collect()
    }

    /// Nothing goes wrong any more.
    pub(crate) fn end(&mut self, sandbox: &Sandbox) {
        self.lasting = None;
        self.take_effect(&[], sandbox);
    }

    fn take_effect(&mut self, rules: &[FaultRule], sandbox: &Sandbox) {
        let lasting = self.lasting.as_ref().map(|(lasting, _)| lasting);
        let out = lasting.filter(|lasting| matches!(lasting, Lasting::Faults(_))).map(Lasting::rule);
        sandbox.change(|account, _| {
            account.faults = out.into_iter().chain(rules.iter().cloned()).collect();
            account.denied = if let Some(Lasting::Denied(call)) = lasting { [call.clone()].into() } else { BTreeSet::new() };
            let usual = self.usual.get_or_insert_with(|| account.slow_ms.clone());
            account.slow_ms.clone_from(usual);
            if let Some(Lasting::Slow(ms)) = lasting {
                let services = ["cloudwatch", "dynamodb", "ec2", "rds", "route53", "s3", "sns"];
                account.slow_ms = services.into_iter().map(|service| (format!("{service}:*"), *ms)).collect();
            }
        });
    }
}
