//! Values of the real code as parts of a state, which a checker compares and hashes all the time.

use std::{
    fmt,
    hash::{DefaultHasher, Hash, Hasher},
    ops::Deref,
    sync::Arc,
};

use serde::Serialize;

/// A shared value with the hash of its record or of its description. Two are equal when their hashes are: a checker tells
/// states apart by a hash of 64 bits anyway.
pub struct Hashed<T> {
    hash: u64,
    value: Arc<T>,
}

impl<T: Serialize> Hashed<T> {
    /// A value that the journal can hold, hashed as it is there.
    #[must_use]
    pub fn recorded(value: T) -> Self {
        let hash = hash(&serde_json::to_string(&value).unwrap_or_default());
        Self { hash, value: Arc::new(value) }
    }
}

impl<T: fmt::Debug> Hashed<T> {
    /// A value that is only in the memory of a process.
    #[must_use]
    pub fn described(value: T) -> Self {
        let hash = hash(&format!("{value:?}"));
        Self { hash, value: Arc::new(value) }
    }
}

/// A hash that is the same in every run.
pub fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

impl<T> Deref for Hashed<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> Clone for Hashed<T> {
    fn clone(&self) -> Self {
        Self { hash: self.hash, value: Arc::clone(&self.value) }
    }
}

impl<T> PartialEq for Hashed<T> {
    fn eq(&self, other: &Self) -> bool {
        self.hash == other.hash
    }
}

impl<T> Eq for Hashed<T> {}

impl<T> Hash for Hashed<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
    }
}

impl<T> fmt::Debug for Hashed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:x}", self.hash)
    }
}
