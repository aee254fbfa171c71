//! The confirmation that a person types before work is moved. Pure.

/// The flags that bear on the confirmation, and whether a person can be asked.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Given {
    /// `--yes`.
    pub(crate) yes: bool,
    /// `--accept-data-loss`.
    pub(crate) accept_data_loss: bool,
    /// A person is at a terminal.
    pub(crate) can_ask: bool,
}

/// The confirmation that is required.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Ask {
    /// Nothing.
    Nothing,
    /// The word `yes`.
    Yes,
    /// The names of the targets that can lose data.
    Names(Vec<String>),
}

/// The confirmation for one target, which can lose data if it is in `risky`; or why it can't be moved.
pub(crate) fn of_one(risky: &[String], given: Given) -> Result<Ask, String> {
    match given {
        _ if risky.is_empty() => Ok(Ask::Nothing),
        Given { yes: false, can_ask: true, .. } => Ok(Ask::Names(risky.to_vec())),
        _ => without_prompt(risky, given),
    }
}

/// The confirmation for many targets, of which the `risky` ones can lose data; or why they can't be moved.
pub(crate) fn of_many(risky: &[String], given: Given) -> Result<Ask, String> {
    match given {
        Given { yes: true, .. } => without_prompt(risky, given),
        Given { can_ask: true, .. } if risky.is_empty() => Ok(Ask::Yes),
        Given { can_ask: true, .. } => Ok(Ask::Names(risky.to_vec())),
        Given { can_ask: false, .. } => {
            Err("confirmation is required, but there is no terminal and --yes is not given; nothing was changed. Use --dry-run to see the plan"
                .to_owned())
        }
    }
}

fn without_prompt(risky: &[String], given: Given) -> Result<Ask, String> {
    if risky.is_empty() || given.accept_data_loss {
        return Ok(Ask::Nothing);
    }
    let names = risky.join(", ");
    let how = if given.yes { "With --yes, this also requires" } else { "Without a terminal, this requires" };
    Err(format!("{names} can lose data; nothing was changed. {how} --accept-data-loss"))
}

impl Given {
    /// Whether one target may be moved without a question, whatever it can lose.
    pub(crate) fn accepts_any_loss(self) -> bool {
        self.accept_data_loss && (self.yes || !self.can_ask)
    }
}

impl Ask {
    /// The question to ask, if any.
    pub(crate) fn question(&self) -> Option<String> {
        match self {
            Self::Nothing => None,
            Self::Yes => Some("Type yes to continue, anything else to stop:".to_owned()),
            Self::Names(names) if names.len() == 1 => {
                Some(format!("Data can be lost. Type the target's name, {}, to continue, anything else to stop:", names[0]))
            }
            Self::Names(names) => {
                let names = names.join(" ");
                Some(format!("Data can be lost. Type these targets' names, {names}, to continue, anything else to stop:"))
            }
        }
    }

    /// Whether this line is the required confirmation.
    pub(crate) fn is_answered_by(&self, line: &str) -> bool {
        match self {
            Self::Nothing => true,
            Self::Yes => line.trim() == "yes",
            Self::Names(names) => line.split([' ', ',']).filter(|word| !word.is_empty()).eq(names.iter().map(String::as_str)),
        }
    }
}

#[cfg(test)]
#[expect(clippy::expect_used, reason = "tests")]
mod tests {
    use super::*;

    fn given(yes: bool, accept_data_loss: bool, can_ask: bool) -> Given {
        Given { yes, accept_data_loss, can_ask }
    }

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    #[test]
    fn many_targets_need_one_confirmation() {
        assert_eq!(of_many(&[], given(false, false, true)), Ok(Ask::Yes));
        assert_eq!(of_many(&[], given(true, false, true)), Ok(Ask::Nothing));
        assert_eq!(of_many(&[], given(true, false, false)), Ok(Ask::Nothing));
        let refused = of_many(&[], given(false, true, false)).expect_err("no terminal");
        assert!(refused.contains("--yes") && refused.contains("--dry-run"), "{refused}");
    }

    #[test]
    fn targets_that_can_lose_data_are_confirmed_by_name() {
        let risky = names(&["orders"]);
        for of in [of_one, of_many] {
            assert_eq!(of(&risky, given(false, false, true)), Ok(Ask::Names(risky.clone())));
            assert_eq!(of(&risky, given(false, true, true)), Ok(Ask::Names(risky.clone())));
            assert_eq!(of(&risky, given(true, true, true)), Ok(Ask::Nothing));
            assert_eq!(of(&risky, given(true, true, false)), Ok(Ask::Nothing));
            for can_ask in [true, false] {
                let refused = of(&risky, given(true, false, can_ask)).expect_err("the loss is not accepted");
                assert!(refused.contains("orders") && refused.contains("--accept-data-loss"), "{refused}");
            }
        }
        let refused = of_one(&risky, given(false, false, false)).expect_err("the loss is not accepted");
        assert!(refused.contains("orders") && refused.contains("Without a terminal"), "{refused}");
        assert_eq!(of_one(&risky, given(false, true, false)), Ok(Ask::Nothing), "a script accepts the loss");
        for can_ask in [true, false] {
            assert_eq!(of_one(&[], given(false, false, can_ask)), Ok(Ask::Nothing));
        }
    }

    #[test]
    fn accepted_losses_need_no_confirmation() {
        let both = [true, false];
        for given in both.iter().flat_map(|&yes| both.iter().flat_map(move |&loss| both.map(|can_ask| given(yes, loss, can_ask))))
        {
            assert_eq!(given.accepts_any_loss(), of_one(&names(&["orders"]), given) == Ok(Ask::Nothing), "{given:?}");
        }
    }

    #[test]
    fn only_the_exact_confirmation_is_accepted() {
        assert!(Ask::Yes.is_answered_by("yes") && Ask::Yes.is_answered_by(" yes\n"));
        for line in ["y", "YES", "", "no", "yes please", "orders"] {
            assert!(!Ask::Yes.is_answered_by(line), "{line}");
        }
        let two = Ask::Names(names(&["orders", "profiles"]));
        assert!(two.is_answered_by("orders profiles") && two.is_answered_by("orders, profiles"));
        for line in ["yes", "orders", "profiles orders", "orders profiles shop", ""] {
            assert!(!two.is_answered_by(line), "{line}");
        }
        assert!(two.question().is_some_and(|question| question.contains("orders profiles")));
        assert!(Ask::Nothing.question().is_none() && Ask::Nothing.is_answered_by(""));
    }
}
