//! Renders a notice for each protocol. Pure.

use std::{collections::BTreeMap, fmt::Write};

use serde_json::json;

use super::{FindingState, Notice};
use crate::{
    duty::Duty,
    findings_diff::KnownFinding,
    health::State,
    notice::Publication,
    step::{StepReport, Undo},
    text::{seconds, short},
};

/// The most steps that a text lists; it counts the rest.
const STEPS_SHOWN: usize = 20;
/// The longest subject that a publish accepts: less than 100 characters.
const SUBJECT_MAX: usize = 99;
/// One part of an SMS in its 7-bit alphabet.
const SMS_MAX: usize = 140;

/// The headings of findings, by their state.
const FOUND: [(FindingState, &str); 3] = [
    (FindingState::New, "New findings"),
    (FindingState::Gone, "Findings that are gone"),
    (FindingState::Unchanged, "Unchanged findings"),
];

impl Notice {
    /// The publish for this notice.
    #[must_use]
    pub fn publication(&self) -> Publication {
        let text = self.text();
        let json = serde_json::to_string(self).unwrap_or_else(|_| text.clone());
        Publication {
            subject: cut(&ascii(&format!("Crossover: {}", self.headline)), SUBJECT_MAX),
            bodies: BTreeMap::from([
                ("default", text.clone()),
                ("email", text),
                ("sms", cut(&ascii(&format!("Crossover: {}", self.headline)), SMS_MAX)),
                ("https", self.chat()),
                ("sqs", json.clone()),
                ("lambda", json),
            ]),
            attributes: BTreeMap::from([
                ("target", self.target.clone()),
                ("kind", self.kind.clone()),
                ("outcome", self.outcome.to_string()),
                ("severity", self.severity.as_str().to_owned()),
                ("mode", self.mode.as_str().to_owned()),
            ]),
        }
    }

    /// The plain text, as in a mail.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = format!("{}\n", self.headline);
        section(&mut text, "What was found", self.sides.iter().map(|side| format!("{} {}", side.side, side.in_words())));
        section(&mut text, "Who serves now", self.serving_line());
        let said = |reason: &String| self.headline.contains(reason.as_str());
        section(&mut text, "Why", self.reason.clone().filter(|reason| !said(reason)));
        let title = if self.steps.iter().all(|step| step.result == crate::step::StepResult::Planned) {
            "What would be done"
        } else {
            "What was done"
        };
        section(&mut text, title, self.step_lines());
        if let Some(took) = self.took_ms {
            section(&mut text, "How long it took", [seconds(took)]);
        }
        section(&mut text, "Worst loss", self.worst_loss.clone());
        for (state, title) in FOUND {
            section(&mut text, title, self.found_lines(state));
        }
        section(&mut text, "Remarks", self.remarks.iter().cloned());
        let next = self
            .next
            .iter()
            .flat_map(|next| std::iter::once(next.what.clone()).chain(next.commands().map(|command| format!("  {command}"))));
        section(&mut text, "What to do next", next);
        let mut last = vec![format!("Owner      {}", self.owner)];
        last.extend(self.runbook.iter().map(|runbook| format!("Runbook    {runbook}")));
        last.push(format!("Trigger    {}", self.trigger));
        last.extend(self.crossover_id.iter().map(|id| format!("Crossover  {id}")));
        last.push(format!("Mode       {}, at {}", self.mode.as_str(), short(self.at)));
        let _ = write!(text, "\n{}\n", last.join("\n"));
        text
    }

    /// Who serves, with the health of each side that is not healthy.
    fn serving_line(&self) -> Option<String> {
        let serving = self.serving.as_ref()?;
        let health = |name: &String| self.sides.iter().find(|side| side.side == *name).map(|side| side.health);
        let one = |side: &String| match health(side) {
            Some(health) if health != State::Healthy => format!("{side}, which is {health}"),
            _ => side.clone(),
        };
        let who: Vec<String> = serving.who().map(one).collect();
        Some(match serving.duty {
            _ if who.is_empty() => serving.duty.by_nobody().to_owned(),
            Duty::Serve => who.join("; "),
            Duty::Write => format!("{} takes the writes", who.join("; ")),
        })
    }

    fn found_lines(&self, state: FindingState) -> Vec<String> {
        let of_state = self.found.iter().filter(|listed| listed.state == state).map(|listed| &listed.finding);
        let line = |KnownFinding { severity, target, finding, resource, what, fix, since }: &KnownFinding| {
            let first = format!("{:<8} {target}: {resource} {what} [{finding}]", severity.as_str());
            match state {
                FindingState::New => vec![first, format!("         To fix it: {fix}")],
                FindingState::Unchanged | FindingState::Gone => vec![format!("{first}, known since {}", short(*since))],
            }
        };
        of_state.flat_map(line).collect()
    }

    fn step_lines(&self) -> Vec<String> {
        let shown = &self.steps[..self.steps.len().min(STEPS_SHOWN)];
        let width = shown.iter().map(|step| step.card.resource.len()).max().unwrap_or(0);
        let mut lines: Vec<String> = shown.iter().map(|step| step_line(step, width)).collect();
        if self.steps_in_all > shown.len() {
            lines.push(format!("and {} more", self.steps_in_all - shown.len()));
        }
        lines
    }

    /// The custom notification of Amazon Q Developer in chat applications (schema version 1.0).
    fn chat(&self) -> String {
        let next: Vec<String> = self
            .next
            .iter()
            .map(|next| {
                let commands = next.commands().map(|command| format!("`{command}`")).collect::<Vec<_>>().join(" or ");
                if commands.is_empty() { next.what.clone() } else { format!("{} {commands}", next.what) }
            })
            .collect();
        let mut description: Vec<String> = self.sides.iter().map(|side| format!("*{}* {}", side.side, side.in_words())).collect();
        description.extend(self.serving_line().map(|who| format!("*Who serves now*: {who}")));
        description.extend(self.step_lines());
        description.extend(FOUND.into_iter().flat_map(|(state, title)| {
            let lines = self.found_lines(state);
            (!lines.is_empty()).then(|| format!("*{title}*")).into_iter().chain(lines).collect::<Vec<_>>()
        }));
        description.extend(self.remarks.iter().cloned());
        json!({
            "version": "1.0",
            "source": "custom",
            "id": self.id,
            "content": {
                "textType": "client-markdown",
                "title": self.headline,
                "description": description.join("\n"),
                "nextSteps": next,
                "keywords": [self.target, self.kind, self.outcome.to_string()],
            },
            "metadata": {
                "threadId": self.crossover_id.as_ref().unwrap_or(&self.target),
                "summary": self.headline,
                "eventType": format!("crossover-{}", self.outcome),
                "relatedResources": self.steps.iter().map(|step| &step.card.resource).take(STEPS_SHOWN).collect::<Vec<_>>(),
                "additionalContext": { "owner": self.owner, "runbook": self.runbook.clone().unwrap_or_default(), "severity": self.severity.as_str() },
            },
        })
        .to_string()
    }
}

/// What the step replaced, where it can be restored exactly.
fn undo(step: &StepReport) -> Option<String> {
    let Some(Undo::Restore { ids, .. }) = step.card.undo.as_ref().filter(|_| step.result.is_good()) else { return None };
    Some(format!(", to undo it restore {}", ids.iter().map(String::as_str).collect::<Vec<_>>().join(" ")))
}

fn step_line(step: &StepReport, width: usize) -> String {
    let took = if step.took_ms > 0 { format!(", {} ms", step.took_ms) } else { String::new() };
    let detail = step.detail.as_ref().map_or_else(String::new, |detail| format!(" ({detail})"));
    let undo = undo(step).unwrap_or_default();
    format!("{:width$}  {} -> {}  {}{took}{detail}{undo}", step.card.resource, step.card.from, step.card.to, step.result.as_str())
}

fn section(text: &mut String, title: &str, lines: impl IntoIterator<Item = String>) {
    let lines: Vec<String> = lines.into_iter().map(|line| format!("  {line}")).collect();
    if !lines.is_empty() {
        let _ = write!(text, "\n{title}\n{}\n", lines.join("\n"));
    }
}

fn ascii(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_graphic() || c == ' ' { c } else { '?' }).collect()
}

fn cut(text: &str, max: usize) -> String {
    if text.len() <= max { text.to_owned() } else { format!("{}...", text[..max - 3].trim_end()) }
}
