//! No circle of modules in any crate: what is imported is read as text, out of `use` and of paths that begin with
//! `crate`, `super`, `self` or a child module. A module that only declares or re-exports another one does not import it.

#![expect(clippy::expect_used, reason = "tests")]

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    fs,
    path::Path,
};

/// Where a module is in its crate; the root's is empty.
type Module = Vec<String>;

/// The modules of a crate.
struct Crate {
    /// What stands in each, without comments and tests.
    texts: BTreeMap<Module, String>,
    /// What each re-exports: the name, and where it is from.
    exports: BTreeMap<Module, BTreeMap<String, Module>>,
}

/// Adds the modules of a folder.
fn add(texts: &mut BTreeMap<Module, String>, folder: &Path, of: &[String]) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_stem().and_then(|name| name.to_str()).expect("a name").to_owned();
        let below: Module = of.iter().cloned().chain([name.clone()]).collect();
        if name == "tests" {
        } else if path.is_dir() {
            add(texts, &path, &below);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let is_of_folder = name == "mod" || (of.is_empty() && ["lib", "main"].contains(&name.as_str()));
            let text = without_comments_and_tests(&fs::read_to_string(&path).expect("a file"));
            *texts.entry(if is_of_folder { of.to_vec() } else { below }).or_default() += &text;
        }
    }
}

fn without_comments_and_tests(text: &str) -> String {
    let mut kept = String::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        if line == "#[cfg(test)]" {
            while lines.next_if(|next| next.starts_with('#')).is_some() {}
            // A module of tests ends where its brace stands at the beginning of a line.
            if lines.peek().is_some_and(|next| next.ends_with('{')) {
                lines.by_ref().find(|next| *next == "}");
                continue;
            }
        }
        kept += line.split("//").next().unwrap_or_default();
        kept.push('\n');
    }
    kept
}

/// The paths of a tree of imports, as in `a::{b, c::{d, e}}`.
fn paths_of(tree: &str) -> Vec<String> {
    let Some((start, inner)) = tree.split_once('{') else {
        return vec![tree.split(" as ").next().unwrap_or_default().split_whitespace().collect()];
    };
    let inner = inner.rsplit_once('}').map_or(inner, |(inner, _)| inner);
    let (mut depth, mut branch, mut paths) = (0, String::new(), Vec::new());
    for letter in inner.chars().chain([',']) {
        depth += match letter {
            '{' => 1,
            '}' => -1,
            _ => 0,
        };
        if letter == ',' && depth == 0 {
            let branches = if branch.trim().is_empty() { Vec::new() } else { paths_of(branch.trim()) };
            paths.extend(branches.into_iter().map(|path| start.trim().to_owned() + &path));
            branch.clear();
        } else {
            branch.push(letter);
        }
    }
    paths
}

/// The words of a text, a path in one.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|letter: char| !letter.is_alphanumeric() && letter != '_' && letter != ':').map(|word| word.trim_matches(':'))
}

/// The `use` declarations of a text, each with whether others see it, and what is left of the text without them.
fn declarations(text: &str) -> (Vec<(bool, String)>, String) {
    let (mut found, mut rest) = (Vec::new(), String::new());
    let mut lines = text.split_inclusive('\n');
    while let Some(line) = lines.next() {
        let (visible, tree) = match line.trim_start().split_once("use ") {
            Some(("", tree)) => (false, tree),
            Some((visibility, tree)) if visibility.starts_with("pub") && !visibility.contains(['{', ';']) => (true, tree),
            _ => {
                rest += line;
                continue;
            }
        };
        let mut tree = tree.to_owned();
        while !tree.contains(';') {
            tree += lines.next().unwrap_or(";");
        }
        found.push((visible, tree.replace(';', "").trim().to_owned()));
    }
    (found, rest)
}

impl Crate {
    fn read(source: &Path) -> Self {
        let mut texts = BTreeMap::new();
        add(&mut texts, source, &[]);
        Self::of(texts)
    }

    fn of(texts: BTreeMap<Module, String>) -> Self {
        let mut all = Self { texts, exports: BTreeMap::new() };
        let mut exports: BTreeMap<Module, BTreeMap<String, Module>> = BTreeMap::new();
        for (module, text) in &all.texts {
            let visible = declarations(text).0.into_iter().filter_map(|(visible, tree)| visible.then_some(tree));
            let targets = visible.flat_map(|tree| paths_of(&tree)).filter_map(|path| all.absolute(module, &path));
            let named = targets.filter_map(|target| Some((target.last().cloned()?, target)));
            exports.insert(module.clone(), named.collect());
        }
        all.exports = exports;
        all
    }

    fn is_child(&self, module: &[String], name: &str) -> bool {
        self.texts.contains_key(&module.iter().cloned().chain([name.to_owned()]).collect::<Module>())
    }

    /// A path from the root of the crate; none when it is of another crate, or no path.
    fn absolute(&self, module: &[String], path: &str) -> Option<Module> {
        let mut parts: VecDeque<&str> = path.split("::").collect();
        let mut from = module.to_vec();
        match *parts.front()? {
            "crate" => from.clear(),
            "super" | "self" => {}
            child if parts.len() > 1 && self.is_child(module, child) => {}
            _ => return None,
        }
        while let Some(part) = parts.front().filter(|part| ["crate", "super", "self"].contains(*part)) {
            if *part == "super" {
                from.pop();
            }
            parts.pop_front();
        }
        Some(from.into_iter().chain(parts.into_iter().map(str::to_owned)).collect())
    }

    /// The module that what a path names is written in: what is re-exported is followed to where it is from.
    fn home(&self, path: &[String]) -> Module {
        let mut path = path.to_vec();
        // Each re-export leads further; a few are as many as there are.
        for _ in 0..8 {
            let known = (0..=path.len()).rev().find(|length| self.texts.contains_key(&path[..*length])).unwrap_or(0);
            let name = path.get(known).cloned().unwrap_or_default();
            match self.exports.get(&path[..known]).and_then(|exports| exports.get(&name)) {
                Some(target) => path = target.iter().chain(&path[known + 1..]).cloned().collect(),
                None => return path[..known].to_vec(),
            }
        }
        path
    }

    /// The modules that each imports.
    fn imports(&self) -> BTreeMap<&Module, BTreeSet<Module>> {
        let of = |module: &Module, text: &str| {
            let (imports, rest) = declarations(text);
            let used: BTreeSet<&str> = words(&rest).flat_map(|word| word.split("::")).collect();
            let of_uses = imports.iter().flat_map(|(visible, tree)| paths_of(tree).into_iter().map(move |path| (*visible, path)));
            let is_used = |path: &str| used.contains(path.rsplit("::").next().unwrap_or_default());
            let of_uses = of_uses.filter(|(visible, path)| !visible || is_used(path)).map(|(_, path)| path);
            let all: BTreeSet<String> =
                of_uses.chain(words(&rest).filter(|word| word.contains("::")).map(str::to_owned)).collect();
            let homes = all.iter().filter_map(|path| self.absolute(module, path)).map(|path| self.home(&path));
            homes.filter(|home| home != module).collect()
        };
        self.texts.iter().map(|(module, text)| (module, of(module, text))).collect()
    }

    /// A shortest circle, if there is any.
    fn circle(&self) -> Option<Vec<String>> {
        let imports = self.imports();
        let shortest = |start: &Module| {
            let mut ways = VecDeque::from([vec![start.clone()]]);
            let mut seen = BTreeSet::new();
            while let Some(way) = ways.pop_front() {
                for next in &imports[way.last()?] {
                    let longer: Vec<Module> = way.iter().chain([next]).cloned().collect();
                    if next == start {
                        return Some(longer);
                    }
                    if seen.insert(next) {
                        ways.push_back(longer);
                    }
                }
            }
            None
        };
        let circle = self.texts.keys().filter_map(shortest).min_by_key(Vec::len)?;
        Some(circle.iter().map(|module| if module.is_empty() { "crate".to_owned() } else { module.join("::") }).collect())
    }
}

/// The folders that a member of the workspace names, where it may end in `/*`.
fn folders(top: &Path, member: &str) -> Vec<String> {
    let Some(parent) = member.strip_suffix("/*") else { return vec![member.to_owned()] };
    let entries = fs::read_dir(top.join(parent)).expect("a folder");
    let names = entries.map(|entry| entry.expect("an entry").file_name().into_string().expect("a name"));
    names.map(|name| format!("{parent}/{name}")).collect()
}

#[test]
fn no_crate_has_a_circle_of_modules() {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests is a folder of the checkout");
    let manifest = fs::read_to_string(top.join("Cargo.toml")).expect("a manifest");
    let members = manifest.split("members = [").nth(1).and_then(|rest| rest.split(']').next()).expect("members");
    let members = members.split('"').skip(1).step_by(2).flat_map(|member| folders(top, member));
    let members: Vec<String> = members.collect();
    assert!(members.len() >= 25, "{members:?}");
    let mut broken = Vec::new();
    for member in &members {
        if let Some(circle) = Crate::read(&top.join(member).join("src")).circle() {
            broken.push(format!("{member}: {}", circle.join(" -> ")));
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn a_circle_is_found_and_named() {
    let circle = |files: &[(&str, &str)]| {
        let texts = files.iter().map(|(name, text)| {
            let module = name.split("::").filter(|part| !part.is_empty()).map(str::to_owned).collect();
            (module, without_comments_and_tests(text))
        });
        Crate::of(texts.collect()).circle().map(|circle| circle.join(" -> "))
    };
    let two = [("", "mod a;\nmod b;\n"), ("a", "use crate::{\n    b::{B, C},\n};\n"), ("b", "use crate::a::A;\n")];
    assert_eq!(circle(&two).as_deref(), Some("a -> b -> a"));
    let by_path = [("", "mod a;\nmod b;\n"), ("a", "fn a() { crate::b::b() }\n"), ("b", "fn b() { super::a::a() }\n")];
    assert_eq!(circle(&by_path).as_deref(), Some("a -> b -> a"));
    let child = [("", "mod a;\n"), ("a", "mod b;\nstruct A;\nfn a() { b::b() }\n"), ("a::b", "use super::A;\n")];
    assert_eq!(circle(&child).as_deref(), Some("a -> a::b -> a"));
    let root = [("", "mod a;\npub struct Root;\nfn root() { a::a() }\n"), ("a", "use crate::Root;\n")];
    assert_eq!(circle(&root).as_deref(), Some("crate -> a -> crate"));
    let only_declared = [("", "mod a;\npub struct Root;\n"), ("a", "use crate::Root;\n")];
    assert_eq!(circle(&only_declared), None);
    let exported =
        [("", "mod a;\nmod b;\npub use b::B;\n"), ("a", "use crate::B;\n"), ("b", "// use crate::a::A;\npub struct B;\n")];
    assert_eq!(circle(&exported), None);
    let exported_and_used = [("", "mod b;\npub use b::B;\npub struct Root(B);\n"), ("b", "use crate::Root;\n")];
    assert_eq!(circle(&exported_and_used).as_deref(), Some("crate -> b -> crate"));
    let in_tests = [("", "mod a;\nfn f() { a::a() }\n"), ("a", "fn a() {}\n#[cfg(test)]\nmod tests {\n    use crate::f;\n}\n")];
    assert_eq!(circle(&in_tests), None);
}
