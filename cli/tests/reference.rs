//! The reference pages match the code.

#![expect(clippy::expect_used, reason = "tests")]

use std::{env, fmt::Write, fs, path::Path};

use crossover_kinds::registry;
use crossover_model::finding::{Rule, Severity};

const PAGE: &str = "docs/check-rules.md";

const INTRODUCTION: &str = "\
<!-- Generated from the rules; do not edit. To write it anew: UPDATE_DOCS=1 cargo test -p crossover --no-default-features --test reference -->

# Check rules

`crossover check` and the function `crossover-check` report findings. Each finding is of one of the rules below and names
the rule's id in brackets. An *error* means that a crossover would not work, or that something is already broken or can't
be restored. A *warning* means that something could be better.

To accept a finding for a time, name the rule's id and the resource in the topology:

```toml
[[accept]]
finding = \"long-ttl\"
resource = \"www.example.com A\"
reason = \"only batch jobs use it\"
until = \"2027-01-31\"
```
";

#[test]
fn the_page_of_the_check_rules_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(PAGE);
    let page = page();
    if env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, &page).expect("the page can be written");
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == page,
        "{PAGE} is not current; run UPDATE_DOCS=1 cargo test -p crossover --no-default-features --test reference"
    );
}

fn page() -> String {
    let mut page = INTRODUCTION.to_owned();
    let mut explained = Vec::new();
    for (about, rules) in registry().rule_groups() {
        let heading = match about.split_once(' ') {
            Some((first, rest)) => format!("{}{} {rest}", first[..1].to_uppercase(), &first[1..]),
            None => format!("Targets of the kind `{about}`"),
        };
        write!(page, "\n## {heading}\n\n| rule | severity | finding |\n|---|---|---|\n").expect("a text");
        for rule in rules {
            writeln!(page, "| [`{id}`](#{id}) | {} | {} |", severities(rule), rule.title, id = rule.id).expect("a text");
        }
        // A rule of several kinds is explained at the first one.
        for rule in rules {
            if !explained.contains(rule) {
                explained.push(rule);
                page += &section(rule);
            }
        }
    }
    page
}

fn severities(rule: &Rule) -> String {
    let severity = rule.severity.as_str();
    if rule.warning_when.is_some() { format!("{severity} or {}", Severity::Warning.as_str()) } else { severity.to_owned() }
}

fn section(rule: &Rule) -> String {
    let lowered = rule.warning_when.map_or_else(String::new, |when| format!(" A finding is only a warning if {when}."));
    let Rule { id, title, meaning, remedy, .. } = rule;
    let remedy = remedy.replace("docs/probe.md", "[probe.md](probe.md)");
    format!("\n### {id}\n\n**{title}.** {meaning}{lowered}\n\n**How to fix it.** {remedy}\n")
}
