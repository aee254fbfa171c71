//! Replaces a writer: the member that takes over, and whether the possible data loss is allowed. Pure.

use crossover_model::{
    crossover::Crossover,
    decision::Verdict,
    health::State,
    hold::{Held, Hold},
    later::Rest,
    loss::{DataLoss, Fenced, Loss, WrittenSince},
    text::span,
};
use crossover_rds::{is_aurora, may_return};

use super::course::Course;
use crate::{
    lag::Lag,
    member::Member,
    spec::{Engine, Fence},
    step::DatabaseStep,
    view::Choice,
    words::failover,
};

impl<'a> Course<'a> {
    pub(super) fn leave(&self, choice: Option<Choice<'a>>) -> Verdict<DatabaseStep> {
        match self.destination(choice) {
            Ok(to) => self.leave_to(to, choice),
            Err(hold) => Verdict::Hold(hold),
        }
    }

    /// The plan that makes `to` the writer, if its possible loss is allowed.
    pub(super) fn leave_to(&self, to: &str, choice: Option<Choice<'a>>) -> Verdict<DatabaseStep> {
        let planned = self.is_planned(to);
        if let Some(hold) = self.in_backup_window(to, planned).filter(|_| choice.is_none()) {
            return Verdict::Hold(hold);
        }
        if let Some(hold) = self.stray(to).filter(|_| !planned && self.forced_to() != Some(to)) {
            return Verdict::Hold(hold);
        }
        match self.allowed_loss(to, planned, choice) {
            Ok(loss) => Verdict::CrossOver(self.plan(to, planned, loss)),
            Err(text) => Verdict::Hold(Hold { why: Held::DataLoss, text }),
        }
    }

    /// Why a replica is not promoted now for a writer that has not failed: RDS refuses to promote one that is being backed up (RDS
    /// User Guide, "Promoting a read replica"), and the writer would be fenced by then.
    fn in_backup_window(&self, to: &str, planned: bool) -> Option<Hold> {
        let view = self.view;
        let waits = view.spec().engine == Engine::RdsReplica
            && !planned
            && !view.situation.required.force
            && view.health(self.writer) != State::Unhealthy;
        let window = view.observed().seen(to)?.backup_window.filter(|window| waits && window.is_near(view.now()))?;
        let (writer, label) = (view.label(self.writer), view.label(to));
        let anyway = failover(view.name(), to, " --accept-data-loss --force");
        let text = format!(
            "{label} is in its backup window ({window} UTC), or will be soon, and RDS refuses to promote a replica that is being \
             backed up. {writer} has not failed, so nothing was begun: order it again after the window, or at once: {anyway}"
        );
        Some(Hold { why: Held::NoSideAble, text })
    }

    /// The member that takes over: the chosen one, unless an operator wants that side empty; else the best.
    fn destination(&self, choice: Option<Choice<'a>>) -> Result<&'a str, Hold> {
        let view = self.view;
        let unwanted = |side: &str| view.situation.memory.intent.as_ref().is_some_and(|intent| intent.aim.leaves(side));
        let chosen = choice.filter(|choice| choice.from == self.writer && !unwanted(choice.to));
        if let Some(choice) = chosen {
            return match self.unable(choice.to) {
                None => Ok(choice.to),
                Some(why) => {
                    let (id, other) = (&choice.crossover.id, failover(view.name(), "SIDE", " --accept-data-loss"));
                    let text = format!("{why}, and {id} has chosen it. To choose another side: {other}");
                    Err(Hold { why: Held::NoSideAble, text })
                }
            };
        }
        self.best().ok_or_else(|| {
            let others = view.spec().members.iter().filter(|member| member.side != self.writer);
            let why: Vec<String> = others.filter_map(|member| self.unable(&member.side)).collect();
            let mut members = view.spec().members.iter().map(|member| member.side.as_str());
            let last = members.find(|side| view.cut_off(side).is_some()).map_or_else(String::new, |side| {
                let command = failover(view.name(), side, " --accept-data-loss --force");
                format!(". To promote {}, whatever it lacks: {command}", view.label(side))
            });
            let text = format!("no member can take over from {}: {}{last}", view.label(self.writer), why.join(", "));
            Hold { why: Held::NoSideAble, text }
        })
    }

    /// Whether both can change roles without data loss: both are healthy, and the engine has a switchover.
    pub(super) fn is_planned(&self, to: &str) -> bool {
        let view = self.view;
        let healthy = |side: &str| view.health(side) == State::Healthy && view.observed().seen(side).is_some();
        let can = view.observed().seen(to).is_some_and(|seen| seen.switches_roles);
        view.spec().engine.loses_data() && can && healthy(self.writer) && healthy(to) && !view.situation.required.force
    }

    /// The worst loss; or why it is not allowed, and the command that allows it.
    fn allowed_loss(&self, to: &str, planned: bool, choice: Option<Choice<'_>>) -> Result<Loss, String> {
        let view = self.view;
        let (spec, required) = (view.spec(), view.situation.required);
        if !spec.engine.loses_data() || planned {
            return Ok(self.planned_loss());
        }
        if let Some(loss) = choice.filter(|choice| choice.to == to).and_then(|choice| self.loss_allowed_before(&choice)) {
            return Ok(loss);
        }
        let Some(seen) = view.observed().seen(to) else { return Err(format!("{} can't be read", view.label(to))) };
        let (label, now) = (view.label(to), view.now());
        let lag = match view.cut_off(to) {
            // Its lag is the lag behind that one.
            Some(of) => Lag::Unknown(format!("it replicates from {}, not from {}", view.label(of), view.label(self.writer))),
            None => seen.lag.clone().judged(spec.max_sample_age, now),
        };
        let in_words = lag.in_words(now);
        let accept = failover(view.name(), to, " --accept-data-loss");
        let failed = view.health(self.writer) == State::Unhealthy;
        let writer_status = view.observed().seen(self.writer).map(|seen| seen.status.as_str());
        if let Some(status) = writer_status.filter(|status| may_return(status) && !required.accept_data_loss) {
            let writer = view.label(self.writer);
            return Err(format!(
                "{writer} is {status} and may return without data loss; {label} is {in_words}. To fail over anyway: {accept}"
            ));
        }
        match &lag {
            Lag::Unknown(_) | Lag::Unreadable(_) if required.force && required.accept_data_loss => {}
            Lag::Unknown(_) | Lag::Unreadable(_) => {
                let force = failover(view.name(), to, " --accept-data-loss --force");
                return Err(format!("{label} is {in_words}. To fail over, whatever is lost: {force}"));
            }
            Lag::Known { .. } if required.accept_data_loss => {}
            Lag::Known { behind, .. } if *behind > spec.max_lag => {
                return Err(format!(
                    "{label} is {in_words}, more than max_lag = {}. To fail over anyway: {accept}",
                    span(spec.max_lag)
                ));
            }
            Lag::Known { .. } if !failed => return Err(self.no_switchover(to)),
            Lag::Known { .. } if !spec.accept_data_loss => {
                return Err(format!("{label} is {in_words}, and data_loss = \"refuse\". To fail over anyway: {accept}"));
            }
            Lag::Known { .. } => {}
        }
        Ok(self.loss(to, &lag))
    }

    /// The loss that was allowed when the plan was recorded. It still holds if clients can't have
    /// written since, and otherwise for as long as a lag sample is valid.
    fn loss_allowed_before(&self, choice: &Choice<'_>) -> Option<Loss> {
        let view = self.view;
        let Crossover { started, .. } = choice.crossover;
        if !choice.was_allowed() {
            return None;
        }
        let loss = choice.crossover.worst_loss().unwrap_or(Loss::Unknown);
        if view.is_fenced(self.writer) {
            return Some(loss);
        }
        let passed = view.now().duration_since(*started).unsigned_abs();
        let since = WrittenSince { at: *started, to: view.label(self.writer), rest: Rest::new() };
        (passed <= view.spec().max_sample_age).then(|| loss.and_since(since))
    }

    /// Why nobody is promoted: a member takes writes besides the writer, and the plan does not fence it, as nothing says that
    /// it was the writer before. There would be one writer more.
    fn stray(&self, to: &str) -> Option<Hold> {
        let view = self.view;
        let others = || view.spec().members.iter().filter(|member| ![self.writer, to].contains(&member.side.as_str()));
        let (fenced, _) = view.to_fence(self.writer);
        // Earlier writers that are not fenced go on taking writes, which is no news where the memory says who replaced them. Who
        // forces an order without the journal, and names no side, may repeat one.
        let is_unknown = view.situation.required.force && !view.is_recorded_away(self.writer);
        let is_watched = |member: &&Member| {
            let by_group = matches!(view.spec().fence, Fence::SecurityGroups(_)) && view.spec().can_fence(&member.side);
            view.spec().engine == Engine::RdsReplica && (by_group || is_unknown)
        };
        let is_stray = |member: &&Member| !fenced.contains(member.side.as_str()) && view.is_open(&member.side);
        // The crossover that fenced the writer could not be recorded: what RDS promotes is its choice.
        let was_fenced = view.choice().is_none() && self.is_in_fence(self.writer);
        let is_promoted = |member: &&Member| (is_unknown || was_fenced) && view.shows_promotion(&member.side);
        let found = |is: &dyn Fn(&&Member) -> bool| others().filter(is_watched).find(is).map(Member::label);
        let what = match (found(&is_stray), found(&is_promoted)) {
            (Some(stray), _) => format!("{stray} takes writes too, so neither has all: delete {stray}, or make it a replica"),
            (None, Some(promoted)) => format!("RDS may be promoting {promoted}: order it again once {promoted} is available"),
            (None, None) => return None,
        };
        let text = format!(
            "{} is to be left, and {what}. To make {} the writer all the same: {}",
            view.label(self.writer),
            view.label(to),
            failover(view.name(), to, " --accept-data-loss --force")
        );
        Some(Hold { why: Held::Ambiguous, text })
    }

    /// Why a side can't take over without data loss, and the command that accepts it.
    pub(super) fn no_switchover(&self, to: &str) -> String {
        let view = self.view;
        let accept = failover(view.name(), to, " --accept-data-loss");
        let (writer, label) = (view.label(self.writer), view.label(to));
        format!(
            "AWS has no switchover for this engine, or {writer} and {label} are not both healthy. Stop the writes, wait until \
             {label} has caught up, then: {accept}"
        )
    }

    pub(super) fn planned_loss(&self) -> Loss {
        let because = match self.view.spec().engine {
            Engine::RdsMultiAz { .. } => "the standby has every acknowledged write",
            Engine::Aurora { .. } if self.has_own_storages() => {
                "a commit waits for one of the standbys, and the new writer applies what it has received first"
            }
            Engine::Aurora { .. } => "all instances share one storage",
            Engine::RdsReplica | Engine::AuroraGlobal { .. } => "AWS waits until every write has arrived",
        };
        Loss::nothing(because)
    }

    /// Whether it is a Multi-AZ DB cluster, whose instances share no storage (RDS User Guide, "Multi-AZ DB cluster deployments").
    fn has_own_storages(&self) -> bool {
        self.view.observed().seen(self.writer).is_some_and(|seen| !is_aurora(&seen.engine))
    }

    fn loss(&self, to: &str, lag: &Lag) -> Loss {
        let view = self.view;
        let (now, writer) = (view.now(), view.label(self.writer));
        let within = lag.worst_loss(now);
        let verb = if within.is_some() { "was" } else { "is" };
        let (fenced, fence) = match (&view.spec().engine, &view.spec().fence) {
            (Engine::AuroraGlobal { .. }, _) => {
                (Fenced::Partly, format!("Aurora stops writes to {writer} only if it can reach it"))
            }
            (_, Fence::None) => {
                (Fenced::No, format!("{writer} is NOT FENCED (fence = \"none\"): clients' further writes to it are lost"))
            }
            _ if view.observed().is_unreadable(self.writer) => {
                let text = format!("{writer} can't be reached and is NOT FENCED yet: clients' further writes to it are lost");
                (Fenced::No, text)
            }
            (_, Fence::SecurityGroups(_)) if !view.spec().can_fence(self.writer) => {
                let text = format!(
                    "{writer} is NOT FENCED: its side declares no security group of its VPC, and clients' further writes to it are lost"
                );
                (Fenced::No, text)
            }
            (_, Fence::SecurityGroups(_)) => {
                let text = "connections that are older than the fence end when the old writer restarts, right after it: their \
                            writes until then are lost";
                (Fenced::Yes, text.to_owned())
            }
            (_, Fence::Stop) => {
                let text = format!("{writer} can be stopped only once it has no replica: clients' writes until then are lost");
                (Fenced::Partly, text)
            }
        };
        Loss::Data(DataLoss {
            within_ms: within.map(|within| u64::try_from(within.as_millis()).unwrap_or(u64::MAX)),
            evidence: format!("{} {verb} {}", view.label(to), lag.in_words(now)),
            fenced,
            fence,
            since: None,
            rest: Rest::new(),
        })
    }
}
