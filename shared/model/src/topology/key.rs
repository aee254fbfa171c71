//! Declarations of keys. The reader, the JSON Schema and the reference page are generated from them.

/// A table of the topology with its keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Section {
    /// The key of the table in the file.
    pub name: &'static str,
    /// The purpose of the section, in one or two sentences.
    pub doc: &'static str,
    /// The number of times that it may appear.
    pub form: Form,
    /// Keys that it shares with other sections.
    pub common: &'static [&'static [Key]],
    /// Its own keys.
    pub keys: &'static [Key],
}

/// The number of times that a section may appear, and its contents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// At most once.
    Table,
    /// Any number of times.
    Tables,
    /// Once for each target of a kind.
    Targets,
}

/// A key of a section.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    /// The key.
    pub name: &'static str,
    /// The type of its value.
    pub shape: Shape,
    /// Whether it is required.
    pub required: Required,
    /// The words of another key with which it has an effect; with other words it is rejected.
    pub only: Option<Only>,
    /// The advice when it is missing, if the example is not enough.
    pub missing: &'static str,
    /// The default value, as it would be written or in words; empty when there is none.
    pub default: &'static str,
    /// A value as it is written in TOML.
    pub example: &'static str,
    /// The meaning, in one or two sentences.
    pub doc: &'static str,
}

/// The type of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Text that is not empty.
    Text,
    /// Text that may be empty.
    AnyText,
    /// A list of texts.
    Texts,
    /// A table of texts with any keys.
    TextTable,
    /// A whole number of at least 1.
    Count,
    /// A number from 0 to 1.
    Share,
    /// True or false.
    Flag,
    /// A whole number from 0.
    Number,
    /// A list of whole numbers from 0.
    Numbers,
    /// A span of time.
    Span,
    /// A day.
    Date,
    /// One of these words.
    Word(&'static [Word]),
    /// A table, or an array of tables.
    Section(&'static Section),
    /// One of these words, or a table.
    WordOrTable(&'static [Word], &'static Section),
}

/// A word that a key may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Word {
    /// The word.
    pub name: &'static str,
    /// The meaning.
    pub doc: &'static str,
}

/// Whether a key is required.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Required {
    /// It is optional.
    Never,
    /// It is required wherever it has an effect.
    Always,
    /// It is required in the target or in the defaults of all targets.
    OrByDefault,
}

/// The words of another key, of the same section or of the enclosing one, with which a key has an effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Only {
    /// The other key.
    pub key: &'static str,
    /// Its words.
    pub words: &'static [&'static str],
    /// The reason why it has no effect with another word, if the words are not enough.
    pub why: &'static str,
}

impl Section {
    /// A section that may appear once.
    #[must_use]
    pub const fn table(name: &'static str, doc: &'static str, keys: &'static [Key]) -> Self {
        Self { name, doc, form: Form::Table, common: &[], keys }
    }

    /// A section that may appear any number of times.
    #[must_use]
    pub const fn tables(name: &'static str, doc: &'static str, keys: &'static [Key]) -> Self {
        Self { name, doc, form: Form::Tables, common: &[], keys }
    }

    /// All of its keys, the shared ones first.
    pub fn all(&self) -> impl Iterator<Item = &'static Key> + use<> {
        self.common.iter().copied().flatten().chain(self.keys)
    }

    /// The key of this name.
    #[must_use]
    pub fn key(&self, name: &str) -> Option<&'static Key> {
        self.all().find(|key| key.name == name)
    }

    /// The nested section of this key.
    #[must_use]
    pub fn section(&self, name: &str) -> Option<&'static Section> {
        self.key(name).and_then(|key| key.shape.section())
    }
}

impl Key {
    /// An optional key.
    #[must_use]
    pub const fn new(name: &'static str, shape: Shape, doc: &'static str) -> Self {
        Self { name, shape, required: Required::Never, only: None, missing: "", default: "", example: "", doc }
    }

    /// The key of a section.
    #[must_use]
    pub const fn section(section: &'static Section) -> Self {
        Self::new(section.name, Shape::Section(section), section.doc)
    }

    /// Makes the key required.
    #[must_use]
    pub const fn required(mut self) -> Self {
        self.required = Required::Always;
        self
    }

    /// Makes the key required in the target or in the defaults of all targets.
    #[must_use]
    pub const fn required_or_by_default(mut self) -> Self {
        self.required = Required::OrByDefault;
        self
    }

    /// Limits the key to these words of another key.
    #[must_use]
    pub const fn only(self, key: &'static str, words: &'static [&'static str]) -> Self {
        self.only_because(key, words, "")
    }

    /// Adds the reason why the key has no effect with other words.
    #[must_use]
    pub const fn only_because(mut self, key: &'static str, words: &'static [&'static str], why: &'static str) -> Self {
        self.only = Some(Only { key, words, why });
        self
    }

    /// Adds the advice for a missing key.
    #[must_use]
    pub const fn missing(mut self, missing: &'static str) -> Self {
        self.missing = missing;
        self
    }

    /// Adds the default value.
    #[must_use]
    pub const fn default(mut self, default: &'static str) -> Self {
        self.default = default;
        self
    }

    /// Adds an example of the value.
    #[must_use]
    pub const fn example(mut self, example: &'static str) -> Self {
        self.example = example;
        self
    }
}

impl Shape {
    /// The words that the value may be.
    #[must_use]
    pub fn words(self) -> &'static [Word] {
        match self {
            Self::Word(words) | Self::WordOrTable(words, _) => words,
            _ => &[],
        }
    }

    /// The section that the value may be.
    #[must_use]
    pub fn section(self) -> Option<&'static Section> {
        match self {
            Self::Section(section) | Self::WordOrTable(_, section) => Some(section),
            _ => None,
        }
    }

    /// The expected value, for an error; `path` is the path of the key.
    pub(super) fn expected(self, path: &str) -> String {
        match self {
            Self::Text | Self::AnyText => "text in quotes".to_owned(),
            Self::Texts => "a list of texts, as in [\"a\", \"b\"]".to_owned(),
            Self::TextTable => "a table of texts, as in { tag = \"value\" }".to_owned(),
            Self::Count => "a whole number of at least 1".to_owned(),
            Self::Share => "a share from 0 to 1, as in 0.5".to_owned(),
            Self::Flag => "true or false".to_owned(),
            Self::Number => "a whole number from 0".to_owned(),
            Self::Numbers => "a list of whole numbers, as in [10, 50, 100]".to_owned(),
            Self::Span => "a span of time of at most a year, as in \"90s\", \"15m\" or \"1h\"".to_owned(),
            Self::Date => "a day in quotes, as in \"2027-01-31\"".to_owned(),
            Self::Word(words) => alternatives(words.iter().map(|word| format!("\"{}\"", word.name))),
            Self::Section(section) if section.form == Form::Table => format!("a [{path}] section"),
            Self::Section(_) => format!("one or more [[{path}]] sections"),
            Self::WordOrTable(words, section) => {
                let table = inline(section.all().filter(|key| key.required == Required::Always));
                alternatives([table].into_iter().chain(words.iter().map(|word| format!("\"{}\"", word.name))))
            }
        }
    }
}

impl Only {
    /// Why the key has no effect with another word.
    #[must_use]
    pub fn why(&self) -> String {
        let words = || alternatives(self.words.iter().map(|word| format!("\"{word}\"")));
        if self.why.is_empty() { format!("it is for {} = {}", self.key, words()) } else { self.why.to_owned() }
    }
}

/// An inline table of these keys with their examples.
pub(super) fn inline<'k>(keys: impl Iterator<Item = &'k Key>) -> String {
    let pairs: Vec<String> = keys.map(|key| format!("{} = {}", key.name, key.example)).collect();
    format!("{{ {} }}", pairs.join(", "))
}

/// A list of alternatives, as in `a, b or c`.
fn alternatives(items: impl Iterator<Item = String>) -> String {
    let mut items: Vec<String> = items.collect();
    let last = items.pop().unwrap_or_default();
    if items.is_empty() { last } else { format!("{} or {last}", items.join(", ")) }
}
