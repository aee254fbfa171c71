//! Stories on the sandbox: what happens, and what Crossover does then.

mod account;
mod audit;
mod database;
mod database_contract;
mod database_sweep;
mod dns;
mod dns_limits;
mod dns_review;
mod dns_sweep;
mod flapping;
mod guards;
mod limits;
mod notes;
mod old_news;
mod outages;
mod processes;
mod questions;
mod regressions;
mod routes;
mod services;
mod stacks;
mod sweeping;
mod thousand;
mod twice;
mod unfinished;
mod verbs;
