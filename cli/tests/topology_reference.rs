//! docs/topology.md is generated from the declarations of the topology's keys. To generate it again: `UPDATE_DOCS=1 cargo
//! test -p crossover --no-default-features --test topology_reference`.

#![expect(clippy::expect_used, reason = "tests")]

use std::{fmt::Write, fs, path::Path};

use crossover_kinds::registry;
use crossover_model::topology::{
    ACCEPT, DEFAULTS,
    key::{Form, Key, Required, Section, Shape},
};

const INTRODUCTION: &str = "\
# Topology reference

<!-- Generated from the declarations of the keys; to write it again: UPDATE_DOCS=1 cargo test -p crossover --no-default-features --test topology_reference -->

The topology is one TOML file that declares what Crossover protects. Each target is a section of its kind, with a section for each of
its sides:

";

const CHECKS: &str = "
`crossover check topology.toml` reports all problems at once, each with its line, its key and a fix. `crossover schema` prints a JSON Schema,
which editors use to complete keys and to mark problems. Both, and this page, are generated from the same declarations.

A *span of time* is text such as `\"90s\"`, `\"15m\"` or `\"1h\"`, of at most one year. A *day* is text such as `\"2027-01-31\"`. A key that has
no effect beside the others is refused, and so is an unknown key. A Lambda function of one kind ignores sections that it does not know;
`crossover check`, `crossover-sweep` and `crossover-check` refuse them.
";

/// The example of the page's beginning, which a test reads.
const EXAMPLE: &str = "\
[[nat]]
name = \"egress-prod\"
owner = \"platform on-call\"
vpc = \"vpc-0a1b2c3d\"

[[nat.side]]
zone = \"us-east-1a\"
gateway = \"nat-0aaa\"
alarms = [\"nat-use1a-unreachable\"]

[[nat.side]]
zone = \"us-east-1b\"
gateway = \"nat-0bbb\"
alarms = [\"nat-use1b-unreachable\"]
";

fn page() -> String {
    let mut page = format!("{INTRODUCTION}```toml\n{EXAMPLE}```\n{CHECKS}");
    let registry = registry();
    let kinds = || registry.root_sections().iter().map(|root| root.section).filter(|section| section.form == Form::Targets);
    let any: &'static Section = kinds().next().expect("a kind");
    let words: Vec<String> = kinds().map(|kind| format!("[`[[{0}]]`](#{0})", kind.name)).collect();

    let _ = write!(page, "\n## Every target\n\nTargets of all kinds ({}) have these keys:\n\n", words.join(", "));
    keys(&mut page, "KIND", any, any.common.iter().copied().flatten());
    let side = any.section("side").expect("sides");
    page.push_str("\nA target has two or more sides. Sides of all kinds have this key:\n\n");
    keys(&mut page, "KIND.side", side, side.common.iter().copied().flatten());
    for below in any.common.iter().copied().flatten().filter_map(|key| key.shape.section()) {
        section(&mut page, &format!("KIND.{}", below.name), below, 3);
    }

    let inherited: Vec<String> = DEFAULTS.all().map(|key| format!("`{}`", key.name)).collect();
    let _ = write!(page, "\n## `[defaults]`\n\n{} It takes these keys of a target: {}.\n", DEFAULTS.doc, inherited.join(", "));
    for root in registry.root_sections() {
        section(&mut page, root.section.name, root.section, 2);
    }
    section(&mut page, ACCEPT.name, &ACCEPT, 2);
    page
}

/// The part of the page for a section and its nested sections.
fn section(page: &mut String, path: &str, section: &'static Section, level: usize) {
    let _ = write!(page, "\n{} `{}`\n\n{}\n\n", "#".repeat(level), heading(path, section), section.doc);
    keys(page, path, section, section.keys.iter());
    for key in section.keys.iter().filter(|key| decides(section, key)) {
        let _ = write!(page, "\nThe values of `{}`, and the keys that each of them calls for or allows:\n\n", key.name);
        for word in key.shape.words() {
            let further = further(section, key.name, word.name);
            let further = if further.is_empty() { String::new() } else { format!(" Keys: {}.", further.join(", ")) };
            let _ = writeln!(page, "- `\"{}\"` {}.{further}", word.name, word.doc);
        }
    }
    for below in section.keys.iter().filter_map(|key| key.shape.section()) {
        self::section(page, &format!("{path}.{}", below.name), below, (level + 1).min(4));
    }
}

/// Whether other keys have an effect only with some of its words. The words are described below the table.
fn decides(section: &'static Section, key: &Key) -> bool {
    key.shape.words().iter().any(|word| !further(section, key.name, word.name).is_empty())
}

/// The keys that have an effect with a word of another key, here and in nested tables.
fn further(section: &'static Section, of: &str, word: &str) -> Vec<String> {
    let mut found = Vec::new();
    for key in section.keys {
        let has_effect = key.only.as_ref().is_some_and(|only| only.key == of && only.words.contains(&word));
        if has_effect {
            let need = if key.required == Required::Always { " (required)" } else { "" };
            found.push(format!("`{}`{need}", key.name));
        }
        // A table that comes with the word is described below.
        if let Some(below) = key.shape.section().filter(|_| key.only.is_none()) {
            found.extend(further(below, of, word).into_iter().map(|key| format!("{key} of a `{}`", below.name)));
        }
    }
    found
}

fn keys(page: &mut String, path: &str, section: &'static Section, keys: impl Iterator<Item = &'static Key>) {
    page.push_str("| Key | Type | Default | Meaning | Example |\n|---|---|---|---|---|\n");
    for key in keys {
        let cells = [format!("`{}`", key.name), shape(path, key), default(key), meaning(section, key), example(key)];
        let _ = writeln!(page, "| {} |", cells.map(|cell| cell.replace('|', "\\|")).join(" | "));
    }
}

fn heading(path: &str, section: &Section) -> String {
    if section.form == Form::Table { format!("[{path}]") } else { format!("[[{path}]]") }
}

fn shape(path: &str, key: &Key) -> String {
    let link = |section: &Section, what: &str| {
        let anchor = format!("{path}.{}", section.name).replace('.', "").to_lowercase();
        format!("[{what}](#{anchor})")
    };
    let words = || key.shape.words().iter().map(|word| format!("`\"{}\"`", word.name)).collect::<Vec<_>>().join(", ");
    match key.shape {
        Shape::Text | Shape::AnyText => "text".to_owned(),
        Shape::Texts => "list of texts".to_owned(),
        Shape::TextTable => "table of texts".to_owned(),
        Shape::Count => "whole number from 1".to_owned(),
        Shape::Share => "number from 0 to 1".to_owned(),
        Shape::Flag => "`true` or `false`".to_owned(),
        Shape::Number => "whole number from 0".to_owned(),
        Shape::Numbers => "list of whole numbers".to_owned(),
        Shape::Span => "span of time".to_owned(),
        Shape::Date => "day".to_owned(),
        Shape::Word(_) => words(),
        Shape::Section(section) if section.form == Form::Table => link(section, "table"),
        Shape::Section(section) => link(section, "tables"),
        Shape::WordOrTable(_, section) => format!("{} or {}", words(), link(section, "table")),
    }
}

fn default(key: &Key) -> String {
    let required = match key.required {
        Required::Never => "",
        Required::Always => "required",
        Required::OrByDefault => "required, here or in `[defaults]`",
    };
    let is_toml =
        key.default.starts_with(['"', '[', '{']) || matches!(key.default, "true" | "false") || key.default.parse::<f64>().is_ok();
    match key.default {
        _ if !required.is_empty() => required.to_owned(),
        "" => "none".to_owned(),
        value if is_toml => format!("`{value}`"),
        words => words.to_owned(),
    }
}

fn meaning(section: &'static Section, key: &Key) -> String {
    // A section has its own part of the page with the details.
    let first = || key.doc.split_inclusive(". ").next().unwrap_or_default().trim_end();
    let mut meaning = if matches!(key.shape, Shape::Section(_)) { first().to_owned() } else { key.doc.to_owned() };
    let words = if decides(section, key) { &[] } else { key.shape.words() };
    for word in words {
        let _ = write!(meaning, " `\"{}\"`: {}.", word.name, word.doc);
    }
    if let Some(only) = &key.only {
        let words: Vec<String> = only.words.iter().map(|word| format!("`{} = \"{word}\"`", only.key)).collect();
        let _ = write!(meaning, " Only with {}.", words.join(" or "));
    }
    meaning
}

fn example(key: &Key) -> String {
    if key.example.is_empty() { String::new() } else { format!("`{}`", key.example) }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "whether to write the page is asked of the environment")]
fn the_page_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/topology.md");
    let page = page();
    if std::env::var("UPDATE_DOCS").is_ok_and(|update| update == "1") {
        fs::write(&path, &page).expect("docs/ can be written");
    }
    let there = fs::read_to_string(&path).unwrap_or_default();
    assert!(there == page, "docs/topology.md is not current; run this test with UPDATE_DOCS=1 to write it again");
}

#[test]
fn its_links_resolve_and_its_headings_are_unique() {
    let page = page();
    let anchors: Vec<String> = page
        .lines()
        .filter(|line| line.starts_with('#'))
        .map(|line| line.trim_start_matches('#').trim().to_lowercase())
        .map(|title| {
            title.chars().filter(|c| c.is_alphanumeric() || *c == '_' || *c == ' ').collect::<String>().replace(' ', "-")
        })
        .collect();
    for (index, anchor) in anchors.iter().enumerate() {
        assert!(!anchors[..index].contains(anchor), "two headings are {anchor}");
    }
    for link in page.split("](#").skip(1).filter_map(|rest| rest.split(')').next()) {
        assert!(anchors.iter().any(|anchor| anchor == link), "nothing is at #{link}");
    }
    for kind in registry().words() {
        assert!(anchors.iter().any(|anchor| anchor == kind), "{kind}");
    }
}

#[test]
fn its_example_is_a_topology() {
    use crossover_model::topology::Topology;
    use crossover_nat::NatSpec;
    assert_eq!(Topology::<NatSpec>::parse(EXAMPLE).expect("a good topology").targets().len(), 1);
}
