//! Many targets at once: all that have to leave a zone or a Region, or all that may come home.

mod carry;
mod known;
mod screen;

use std::{collections::BTreeSet, time::Duration};

use crossover_engine::retry::Patience;
use crossover_kinds::rank;
use crossover_model::{
    answer::{Answer, TargetAnswer},
    decision::can_lose,
    evacuation::{self, Leaving, Stay, Why, evacuate, nothing_in, places},
    outcome::Outcome,
};
use known::{Known, LeftOut};
use serde_json::{Value, json};

use crate::{
    Failure, Output,
    confirm::{Ask, Given, of_many},
    layout::{Style, cut, prose},
    place::{AT_WORK, Engine, Place},
    progress::Progress,
    terminal,
    verbs::exit_code,
};

pub(crate) use carry::{AGAIN, Carried, carry, what_is_left};

/// How long a function's look at everything is waited for, when a Region may be gone and its targets hold the look up.
const LOOK: Duration = Duration::from_secs(10);

/// What is wanted of many targets.
pub(crate) struct Wanted<'a> {
    /// The command as one of them would get it, without its target and aim.
    pub(crate) command: Value,
    /// The zone or Region to leave; none to bring everything home.
    pub(crate) place: Option<&'a str>,
    /// Only say what would happen.
    pub(crate) plan_only: bool,
    /// What was given for the confirmation.
    pub(crate) given: Given,
    /// How long to go on with what is not finished.
    pub(crate) wait: Duration,
    /// The flags that a command to look with needs too.
    pub(crate) flags: String,
}

/// A target that is moved, and what came of asking for that.
struct Planned {
    command: Value,
    answer: TargetAnswer,
}

/// What is going to be done.
#[derive(Default)]
struct Plans {
    waves: Vec<Vec<Planned>>,
    stays: Vec<Stay>,
    /// What has to be moved, and is not as the deployed function does not know it so.
    left_out: Vec<LeftOut>,
    /// What a person should know before they confirm.
    warnings: Vec<String>,
}

/// Moves many targets: shows what would happen, asks once, moves them in their order, and sums up.
pub(crate) fn run(wanted: &Wanted<'_>, place: &Place, style: Style) -> Result<Output, Failure> {
    let given = wanted.given;
    if !wanted.plan_only && !given.yes && !given.can_ask {
        of_many(&[], given).map_err(Failure::Refused)?;
    }
    let progress = Progress::of(AT_WORK);
    let plans = place.work(async |engine| plan(engine, wanted).await)?;
    drop(progress);
    for warning in &plans.warnings {
        terminal::say(&prose("warning: ", warning, style));
    }
    // A plan without more to come says it itself.
    if place.json || !wanted.plan_only {
        terminal::say(&screen::left_out(&plans, style));
    }
    if wanted.plan_only {
        return if place.json { screen::plans_as_json(&plans) } else { Ok(screen::only_plans(&plans, wanted, style)) };
    }
    if !place.json {
        terminal::show(&screen::plans(&plans, wanted, style));
    }
    if plans.waves.is_empty() {
        let code = exit_code(plans.outcome(&[]));
        return if place.json { screen::plans_as_json(&plans).map(|(out, _)| (out, code)) } else { Ok((String::new(), code)) };
    }
    confirm(&of_many(&plans.risky(), given).map_err(Failure::Refused)?)?;
    let carried = place.work(async |engine| Ok(waves(engine, &plans, wanted, style).await))?;
    if place.json { screen::summary_as_json(&carried, &plans) } else { Ok(screen::summary(&carried, &plans, wanted, style)) }
}

/// Asks, and fails when the answer is not what was asked for.
pub(crate) fn confirm(ask: &Ask) -> Result<(), Failure> {
    let Some(question) = ask.question() else { return Ok(()) };
    if ask.is_answered_by(&terminal::ask(&question)?) {
        return Ok(());
    }
    Err(Failure::Refused("not confirmed: nothing was changed".to_owned()))
}

impl Plans {
    /// The worst of all; a target that a person has to see to is held, and one that is left out has failed.
    fn outcome(&self, answers: &[&TargetAnswer]) -> Outcome {
        let waits = (self.waiting() > 0).then_some(Outcome::Held);
        let all = answers.iter().map(|answer| answer.outcome).chain(waits).chain(self.not_done());
        all.min().unwrap_or(Outcome::Settled)
    }

    /// How many targets are left alone that a person has to see to: they may be there, and are not moved.
    fn waiting(&self) -> usize {
        self.stays.iter().filter(|stay| matches!(stay.why, Why::Ambiguous | Why::Unplaced)).count()
    }

    /// What it comes to that targets are left out.
    fn not_done(&self) -> Option<Outcome> {
        (!self.left_out.is_empty()).then_some(Outcome::Failed)
    }

    /// The targets that can lose data.
    fn risky(&self) -> Vec<String> {
        let all = self.waves.iter().flatten().map(|planned| &planned.answer);
        all.filter(|answer| is_risky(answer)).map(|answer| answer.target.clone()).collect()
    }
}

/// What would happen to each target, one wave after the other.
async fn plan(engine: &Engine, wanted: &Wanted<'_>) -> Result<Plans, Failure> {
    let (commands, mut all) = match wanted.place {
        Some(place) => leaving(engine, wanted, place).await?,
        None => (coming_home(engine, wanted).await?, Plans::default()),
    };
    for wave in commands {
        let plans = futures::future::join_all(wave.into_iter().map(async |(kind, command)| {
            let mut question = command.clone();
            question["dry_run"] = json!(true);
            let answer = carry::ask(engine, &kind, &question).await;
            Planned { command, answer }
        }));
        all.waves.push(plans.await);
    }
    Ok(all)
}

/// Each command with its target's kind, by waves.
type Commands = Vec<Vec<(String, Value)>>;

/// Those that have a side there, without those that a deployed function knows otherwise.
async fn leaving(engine: &Engine, wanted: &Wanted<'_>, place: &str) -> Result<(Commands, Plans), Failure> {
    if !engine.has_topology() {
        let what = "--topology is missing: what is in a zone or a Region stands there; name it, or set CROSSOVER_TOPOLOGY";
        return Err(Failure::Usage(what.to_owned()));
    }
    let mut evacuation = evacuate(engine.targets(), place, rank);
    let known = places(engine.targets().map(|(_, outline)| outline));
    let unplaced = evacuation.stays.iter().all(|stay| stay.why == Why::Unplaced);
    if evacuation.waves.is_empty() && unplaced && !known.iter().any(|known| evacuation::is_in(known, place)) {
        return Err(Failure::Refused(nothing_in(place, &known)));
    }
    let (left_out, warnings) = match engine.function() {
        Some(function) => compared(engine, function, &mut evacuation.waves).await?,
        None => (Vec::new(), Vec::new()),
    };
    if evacuation.waves.is_empty() && !left_out.is_empty() {
        return Err(Failure::Refused(screen::nothing_left(place, &left_out, &warnings)));
    }
    let command = |leaving: Leaving| {
        let mut command = wanted.command.clone();
        command["target"] = json!(leaving.target);
        command["away_from"] = json!(leaving.away_from);
        command["to"] = json!(leaving.to);
        (leaving.kind, command)
    };
    let waves = evacuation.waves.into_iter().map(|wave| wave.into_iter().map(command).collect());
    let others = engine.of_other_stacks().map(|(kind, target)| Stay {
        target: target.to_owned(),
        kind: kind.to_owned(),
        why: Why::OtherStack,
    });
    let stays = evacuation.stays.into_iter().chain(others).collect();
    Ok((waves.collect(), Plans { stays, left_out, warnings, ..Plans::default() }))
}

/// Takes out of the waves what the function does not know as the topology here does, and says what only it knows.
async fn compared(
    engine: &Engine,
    function: &str,
    waves: &mut Vec<Vec<Leaving>>,
) -> Result<(Vec<LeftOut>, Vec<String>), Failure> {
    let patience = Patience::new(engine.clock(), engine.now() + LOOK);
    let unknown = |why: &str| {
        format!(
            "what {function} knows is not compared with the topology here, as its status of everything did not come; what only it knows \
             is not moved by this: {why}"
        )
    };
    let targets = match patience.in_time(everything(engine)).await {
        Some(Ok(targets)) => targets,
        // It is there, and each order is still checked by it. A slow look at everything must not keep a Region from being left.
        Some(Err(Failure::Unanswered(why))) if why.again() => return Ok((Vec::new(), vec![unknown(&why.to_string())])),
        None => return Ok((Vec::new(), vec![unknown(&format!("it takes more than {} seconds", LOOK.as_secs()))])),
        Some(Err(why)) => return Err(why),
    };
    let known = Known { function, targets: &targets };
    let here = engine.targets().map(|(kind, outline)| (outline.policy.name.as_str(), (kind, outline))).collect();
    let left_out = known.leave_out(waves, &here);
    let others = engine.of_other_stacks().map(|(_, target)| target);
    let names: BTreeSet<&str> = here.keys().copied().chain(others).collect();
    Ok((left_out, known.more(&names).into_iter().collect()))
}

/// How every target stands.
async fn everything(engine: &Engine) -> Result<Vec<TargetAnswer>, Failure> {
    let Answer { targets, reason, .. } = engine.ask(&json!({ "command": "status" })).await?;
    reason.map_or(Ok(targets), |reason| Err(Failure::Refused(reason)))
}

/// Those of which something is away from home, or that a person keeps where they are.
async fn coming_home(engine: &Engine, wanted: &Wanted<'_>) -> Result<Commands, Failure> {
    let targets = everything(engine).await?;
    let is_out = |answer: &TargetAnswer| match &answer.status {
        Some(status) => !status.away.is_empty() || status.intent.is_some() || answer.outcome == Outcome::Failed,
        None => true,
    };
    let out: Vec<TargetAnswer> = targets.into_iter().filter(is_out).collect();
    let waves = evacuation::waves(out, |answer| (&answer.kind, &answer.target), rank);
    let command = |answer: TargetAnswer| {
        let mut command = wanted.command.clone();
        command["target"] = json!(answer.target);
        (answer.kind, command)
    };
    Ok(waves.into_iter().map(|wave| wave.into_iter().map(command).collect()).collect())
}

/// Moves them, wave after wave. One that fails stops no other.
async fn waves(engine: &Engine, plans: &Plans, wanted: &Wanted<'_>, style: Style) -> Vec<Carried> {
    let mut carried = Vec::new();
    for wave in &plans.waves {
        let width = plans.waves.iter().flatten().map(|planned| planned.answer.target.len()).max().unwrap_or_default();
        let wave = wave.iter().map(async |planned| {
            let say = |what: &str| {
                terminal::say_line(&cut(&format!("  {}  {:width$}  {what}", clock(engine), planned.answer.target), style));
            };
            carry(engine, &planned.answer.kind, &planned.command, wanted.wait, &say).await
        });
        carried.extend(futures::future::join_all(wave).await);
    }
    carried
}

fn clock(engine: &Engine) -> String {
    engine.now().strftime("%H:%M:%S").to_string()
}

/// Whether a plan is to be carried out and can lose data.
pub(crate) fn is_risky(plan: &TargetAnswer) -> bool {
    plan.reason.starts_with("would cross over") && plan.worst_loss.as_deref().is_some_and(can_lose)
}

/// A text without what says that it is only a plan.
pub(crate) fn plainly(reason: &str) -> &str {
    ["would cross over: ", "would be held: ", "settled: "].iter().find_map(|start| reason.strip_prefix(start)).unwrap_or(reason)
}

/// Lines that say the worst that each target can lose.
fn losses(out: &mut String, answers: &[&TargetAnswer], style: Style) {
    for answer in answers {
        if let Some(loss) = answer.worst_loss.as_deref().filter(|_| is_risky(answer)) {
            *out += &prose(&format!("  {} can lose data: ", answer.target), loss, style);
        }
    }
}

#[cfg(test)]
mod tests;
