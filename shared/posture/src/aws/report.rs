//! IAM's credential report. Its columns are found by name, and new ones are ignored.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_getting-report.html>

use jiff::Timestamp;

use crate::{AccessKey, User};

/// The row of the root user, for whom IAM's summary has more.
const ROOT: &str = "<root_account>";

/// The users of a report, or the reason why it is not valid.
pub(super) fn users(csv: &str) -> Result<Vec<User>, String> {
    let mut lines = csv.lines().filter(|line| !line.trim().is_empty());
    let columns = fields(lines.next().unwrap_or_default());
    let index = |name: &str| {
        let at = columns.iter().position(|column| column == name);
        at.ok_or_else(|| format!("the credential report has no column {name}; it has {}", columns.join(", ")))
    };
    let (name, created, password, used, mfa) = (
        index("user")?,
        index("user_creation_time")?,
        index("password_enabled")?,
        index("password_last_used")?,
        index("mfa_active")?,
    );
    let mut keys = Vec::new();
    for number in [1, 2] {
        let column = |what: &str| index(&format!("access_key_{number}_{what}"));
        keys.push((number, column("active")?, column("last_rotated")?, column("last_used_date")?));
    }
    let mut users = Vec::new();
    for (number, line) in lines.enumerate() {
        let row = fields(line);
        if row.len() != columns.len() {
            let (has, wants) = (row.len(), columns.len());
            return Err(format!("row {} of the credential report has {has} fields; expected {wants}", number + 2));
        }
        if row[name] == ROOT {
            continue;
        }
        let created = time(&row[created]).ok_or_else(|| {
            format!("the credential report says that {} was created at \"{}\"; expected a time", row[name], row[created])
        })?;
        let keys = keys.iter().filter(|(_, active, ..)| is_true(&row[*active]));
        let key = |(number, _, rotated, used): &(u8, usize, usize, usize)| AccessKey {
            number: *number,
            created: time(&row[*rotated]).unwrap_or(created),
            used: time(&row[*used]),
        };
        users.push(User {
            name: row[name].clone(),
            created,
            password: is_true(&row[password]),
            password_used: time(&row[used]),
            mfa: is_true(&row[mfa]),
            keys: keys.map(key).collect(),
        });
    }
    Ok(users)
}

fn is_true(field: &str) -> bool {
    field.eq_ignore_ascii_case("true")
}

/// `None` for `N/A`, `no_information` and `not_supported`.
fn time(field: &str) -> Option<Timestamp> {
    field.parse().ok()
}

/// The fields of a line; quotes protect commas, and a double quote is an escaped one.
fn fields(line: &str) -> Vec<String> {
    let (mut all, mut field, mut quoted) = (Vec::new(), String::new(), false);
    let mut characters = line.chars().peekable();
    while let Some(c) = characters.next() {
        match c {
            '"' if quoted && characters.peek() == Some(&'"') => {
                characters.next();
                field.push('"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => all.push(std::mem::take(&mut field)),
            '\r' => {}
            c => field.push(c),
        }
    }
    all.push(field);
    all
}
