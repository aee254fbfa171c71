//! Inputs that broke a property once, as `make fuzz` prints them.

/// What was broken, the sort, and the input.
pub(crate) const FOUND: [(&str, &str, &[u8]); 2] = [
    ("a_problem_of_an_empty_key_has_no_key", "topology", b"[\"\"]"),
    ("a_problem_of_a_key_with_a_line_break_is_on_two_lines", "topology", b"[nat]\n\"a\\nb\" = 1\n"),
];
