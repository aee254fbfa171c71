//! The real account.
