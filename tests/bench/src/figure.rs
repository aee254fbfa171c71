//! What was measured, against what is promised.

use serde_json::{Value, json};

/// One figure.
pub struct Figure {
    /// Its number in `docs/performance.md`.
    pub number: u32,
    /// What was measured.
    pub what: String,
    /// How much that was.
    pub measured: f64,
    /// The most that it may be; none where it is only told.
    pub limit: Option<f64>,
    /// What both are counted in.
    pub unit: &'static str,
    /// What keeps it from being less, where it can't be.
    pub bound: String,
    /// What it was made of.
    pub detail: Value,
}

impl Figure {
    /// A figure that may be so much at most.
    #[must_use]
    pub fn at_most(number: u32, what: impl Into<String>, measured: f64, limit: f64, unit: &'static str) -> Self {
        Self { limit: Some(limit), ..Self::told(number, what, measured, unit) }
    }

    /// A figure that is only told.
    #[must_use]
    pub fn told(number: u32, what: impl Into<String>, measured: f64, unit: &'static str) -> Self {
        Self { number, what: what.into(), measured, limit: None, unit, bound: String::new(), detail: Value::Null }
    }

    /// With what it was made of.
    #[must_use]
    pub fn of(self, detail: Value) -> Self {
        Self { detail, ..self }
    }

    /// With what keeps it from being less.
    #[must_use]
    pub fn bound_by(self, bound: impl Into<String>) -> Self {
        Self { bound: bound.into(), ..self }
    }

    /// Whether it is within its limit; none where there is none.
    #[must_use]
    pub fn holds(&self) -> Option<bool> {
        self.limit.map(|limit| self.measured <= limit)
    }

    /// As the report has it.
    #[must_use]
    pub fn json(&self) -> Value {
        let Self { number, what, measured, limit, unit, bound, detail } = self;
        let mut json = json!({ "figure": number, "what": what, "measured": measured, "unit": unit });
        if let (Some(limit), Some(holds)) = (limit, self.holds()) {
            json["limit"] = json!(limit);
            json["holds"] = json!(holds);
        }
        if !bound.is_empty() {
            json["bound_by"] = json!(bound);
        }
        if !detail.is_null() {
            json["detail"] = detail.clone();
        }
        json
    }
}

/// The figures as a table for people.
#[must_use]
pub fn table(figures: &[Figure]) -> String {
    let short = |value: f64| {
        let text = format!("{value:.3}");
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    };
    let row = |figure: &Figure| {
        let verdict = match figure.holds() {
            Some(true) => "within".to_owned(),
            Some(false) if figure.bound.is_empty() => "BEYOND".to_owned(),
            Some(false) => format!("BEYOND: {}", figure.bound),
            None => String::new(),
        };
        let limit = figure.limit.map_or_else(String::new, short);
        [figure.number.to_string(), figure.what.clone(), short(figure.measured), limit, figure.unit.to_owned(), verdict]
    };
    let mut rows = vec![["FIGURE", "WHAT", "MEASURED", "LIMIT", "UNIT", ""].map(str::to_owned)];
    rows.extend(figures.iter().map(row));
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..6).map(width).collect();
    let line = |row: &[String; 6]| {
        let cells = row.iter().zip(&widths).enumerate().map(|(column, (cell, width))| {
            // Numbers to the right, words to the left.
            if column == 2 || column == 3 { format!("{cell:>width$}") } else { format!("{cell:<width$}") }
        });
        format!("{}\n", cells.collect::<Vec<_>>().join("  ").trim_end())
    };
    rows.iter().map(line).collect()
}

/// A ratio of two whole numbers.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "counts of a benchmark are small")]
pub fn ratio(of: u64, to: u64) -> f64 {
    of as f64 / to.max(1) as f64
}

/// The one in the middle.
#[must_use]
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// The smallest, which other work on the machine disturbs least.
#[must_use]
pub fn least(values: &[f64]) -> f64 {
    values.iter().copied().fold(f64::INFINITY, f64::min)
}
