//! Orders for many targets: an evacuation of a zone or a Region, or a failback of all targets.

mod deployed;
mod drive;
mod plan;
mod screen;

use std::{collections::BTreeSet, time::Duration};

use crossover_engine::retry::Patience;
use crossover_kinds::Registry;
use crossover_model::{
    answer::{Answer, TargetAnswer},
    evacuation::{self, Leaving, Stay, Why, evacuate, locations, no_side_in},
    outcome::Outcome,
};
use deployed::{DeployedTargets, LeftOut};
use plan::{Planned, Plans};
use serde_json::{Value, json};

use crate::{
    backend::Backend,
    confirm::{Ask, of_many},
    engine::Engine,
    failure::Failure,
    layout::{Style, cut, prose},
    output::Output,
    progress::{AT_WORK, Progress},
    terminal,
};

pub(crate) use drive::{AGAIN, Driven, drive, remaining_steps};
pub(crate) use plan::{Wanted, is_risky};

/// How long to wait for a function's status of all targets: targets in a failed Region may delay it.
const STATUS_TIMEOUT: Duration = Duration::from_secs(10);

/// Moves many targets: shows the plans, asks for confirmation once, moves the targets in order, and prints a summary.
pub(crate) fn run(registry: &Registry, wanted: &Wanted<'_>, backend: &Backend, style: Style) -> Result<Output, Failure> {
    let given = wanted.given;
    if !wanted.plan_only && !given.yes && !given.can_ask {
        of_many(&[], given).map_err(Failure::Refused)?;
    }
    let progress = Progress::of(AT_WORK);
    let plans = backend.work(registry, async |engine| plan(engine, wanted).await)?;
    drop(progress);
    for warning in &plans.warnings {
        terminal::say(&prose("warning: ", warning, style));
    }
    // The screen of a plan alone lists these itself.
    if backend.json || !wanted.plan_only {
        terminal::say(&screen::left_out(&plans, style));
    }
    if wanted.plan_only {
        return if backend.json { screen::plans_as_json(&plans) } else { Ok(screen::only_plans(&plans, wanted, style)) };
    }
    if !backend.json {
        terminal::show(&screen::plans(&plans, wanted, style));
    }
    if plans.waves.is_empty() {
        let code = plans.outcome(&[]).exit_code().into();
        return if backend.json { screen::plans_as_json(&plans).map(|(out, _)| (out, code)) } else { Ok((String::new(), code)) };
    }
    confirm(&of_many(&plans.risky(), given).map_err(Failure::Refused)?)?;
    let driven = backend.work(registry, async |engine| Ok(waves(engine, &plans, wanted, style).await))?;
    if backend.json { screen::summary_as_json(&driven, &plans) } else { Ok(screen::summary(&driven, &plans, wanted, style)) }
}

/// Asks for the confirmation, and fails without it.
pub(crate) fn confirm(ask: &Ask) -> Result<(), Failure> {
    let Some(question) = ask.question() else { return Ok(()) };
    if ask.is_answered_by(&terminal::ask(&question)?) {
        return Ok(());
    }
    Err(Failure::Refused("not confirmed: nothing was changed".to_owned()))
}

/// Plans each target, one wave after the other.
async fn plan(engine: &Engine, wanted: &Wanted<'_>) -> Result<Plans, Failure> {
    let (commands, mut all) = match wanted.location {
        Some(location) => leaving(engine, wanted, location).await?,
        None => (coming_home(engine, wanted).await?, Plans::default()),
    };
    for wave in commands {
        let plans = futures::future::join_all(wave.into_iter().map(async |(kind, command)| {
            let mut question = command.clone();
            question["dry_run"] = json!(true);
            let answer = drive::ask(engine, &kind, &question).await;
            Planned { command, answer }
        }));
        all.waves.push(plans.await);
    }
    Ok(all)
}

/// Each command with its target's kind, by waves.
type Commands = Vec<Vec<(String, Value)>>;

/// The targets with a side there, without those that a deployed function defines differently.
async fn leaving(engine: &Engine, wanted: &Wanted<'_>, location: &str) -> Result<(Commands, Plans), Failure> {
    if !engine.has_topology() {
        let what = "--topology is missing: it states which targets are in a zone or a Region; pass it, or set CROSSOVER_TOPOLOGY";
        return Err(Failure::Usage(what.to_owned()));
    }
    let mut evacuation = evacuate(engine.targets(), location, |kind| engine.rank(kind));
    let known = locations(engine.targets().map(|(_, target_ref)| target_ref));
    let without_location = evacuation.stays.iter().all(|stay| stay.why == Why::NoLocation);
    if evacuation.waves.is_empty() && without_location && !known.iter().any(|known| evacuation::is_in(known, location)) {
        return Err(Failure::Refused(no_side_in(location, &known)));
    }
    let (left_out, warnings) = match engine.function() {
        Some(function) => leave_out_differing(engine, function, &mut evacuation.waves).await?,
        None => (Vec::new(), Vec::new()),
    };
    if evacuation.waves.is_empty() && !left_out.is_empty() {
        return Err(Failure::Refused(screen::nothing_left(location, &left_out, &warnings)));
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

/// Removes targets from the waves that the function defines differently, and warns of those that only it has.
async fn leave_out_differing(
    engine: &Engine,
    function: &str,
    waves: &mut Vec<Vec<Leaving>>,
) -> Result<(Vec<LeftOut>, Vec<String>), Failure> {
    let patience = Patience::new(engine.clock(), engine.now() + STATUS_TIMEOUT);
    let unknown = |why: &str| {
        format!(
            "the targets of {function} are not compared with the local topology, because its status of all targets is not \
             available; targets that only the function has are not moved: {why}"
        )
    };
    let targets = match patience.in_time(Box::pin(all_targets(engine))).await {
        Some(Ok(targets)) => targets,
        // The function exists, and checks each order itself. A slow status must not prevent an evacuation.
        Some(Err(Failure::Unanswered(why))) if why.again() => return Ok((Vec::new(), vec![unknown(&why.to_string())])),
        None => return Ok((Vec::new(), vec![unknown(&format!("no answer within {} seconds", STATUS_TIMEOUT.as_secs()))])),
        Some(Err(why)) => return Err(why),
    };
    let deployed = DeployedTargets { function, targets: &targets };
    let local = engine.targets().map(|(kind, target_ref)| (target_ref.policy.name.as_str(), (kind, target_ref))).collect();
    let left_out = deployed.leave_out(waves, &local);
    let others = engine.of_other_stacks().map(|(_, target)| target);
    let names: BTreeSet<&str> = local.keys().copied().chain(others).collect();
    Ok((left_out, deployed.more(&names).into_iter().collect()))
}

/// The status of all targets.
async fn all_targets(engine: &Engine) -> Result<Vec<TargetAnswer>, Failure> {
    let Answer { targets, reason, .. } = engine.ask(&json!({ "command": "status" })).await?;
    reason.map_or(Ok(targets), |reason| Err(Failure::Refused(reason)))
}

/// The targets that are away from home, have an operator's intent, or could not be read.
async fn coming_home(engine: &Engine, wanted: &Wanted<'_>) -> Result<Commands, Failure> {
    let targets = all_targets(engine).await?;
    let is_away = |answer: &TargetAnswer| match &answer.status {
        Some(status) => !status.away.is_empty() || status.intent.is_some() || answer.outcome == Outcome::Failed,
        None => true,
    };
    let away: Vec<TargetAnswer> = targets.into_iter().filter(is_away).collect();
    let waves = evacuation::waves(away, |answer| (&answer.kind, &answer.target), |kind| engine.rank(kind));
    let command = |answer: TargetAnswer| {
        let mut command = wanted.command.clone();
        command["target"] = json!(answer.target);
        (answer.kind, command)
    };
    Ok(waves.into_iter().map(|wave| wave.into_iter().map(command).collect()).collect())
}

/// Moves the targets, wave after wave. A failure does not stop the other targets.
async fn waves(engine: &Engine, plans: &Plans, wanted: &Wanted<'_>, style: Style) -> Vec<Driven> {
    let mut driven = Vec::new();
    for wave in &plans.waves {
        let width = plans.waves.iter().flatten().map(|planned| planned.answer.target.len()).max().unwrap_or_default();
        let wave = wave.iter().map(async |planned| {
            let say = |what: &str| {
                terminal::say_line(&cut(&format!("  {}  {:width$}  {what}", clock(engine), planned.answer.target), style));
            };
            drive(engine, &planned.answer.kind, &planned.command, wanted.wait, &say).await
        });
        driven.extend(futures::future::join_all(wave).await);
    }
    driven
}

fn clock(engine: &Engine) -> String {
    engine.now().strftime("%H:%M:%S").to_string()
}

#[cfg(test)]
mod tests;
