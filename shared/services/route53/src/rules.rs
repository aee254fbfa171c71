//! The rules of a check on record sets, for each kind that switches some.

use crossover_model::finding::Rule;

/// A record that a crossover would not change.
pub const RECORD_UNFIT: Rule = Rule::error(
    "record-unfit",
    "A DNS record can't be switched",
    "The record exists, but its routing policy or its values are not those that the declared switch changes. A crossover \
     leaves it unchanged.",
    "Change the record as the finding says, or declare the switch that fits it.",
);
