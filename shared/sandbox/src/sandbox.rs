//! The account behind calls that take time, meet faults and limits, and are recorded.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use crossover_engine::ports::Clock;
use crossover_model::{
    error::{self, CloudError},
    pace,
};
use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

use crate::{
    account::Account,
    calls::{Arrival, Call},
    clock,
    fault::{self, Fault},
    process,
    section::Service,
    service_state::ServiceState,
};

/// How long a caller waits for a missing response.
const NO_ANSWER: Duration = Duration::from_secs(2);

/// An account in memory. Clones are the same account.
#[derive(Clone)]
pub struct Sandbox(Arc<Inner>);

struct Inner {
    state: Mutex<State>,
    loaded: Instant,
    time: Timestamp,
    /// The duration of each call.
    call: Duration,
}

/// The state that calls read and change.
pub struct State {
    /// The account.
    pub account: Account,
    /// State of services that is not part of the account file.
    pub service_state: ServiceState,
    calls: Vec<Call>,
    buckets: BTreeMap<String, pace::Bucket>,
    watcher: Option<Watcher>,
}

type Watcher = Box<dyn FnMut(&Arrival<'_>, &Account) + Send>;

impl Sandbox {
    /// Loads an account. Its clock starts at the account's time.
    #[must_use]
    pub fn new(account: Account) -> Self {
        let buckets = account
            .limits
            .iter()
            .map(|(call, limit)| (call.clone(), pace::Bucket::new(limit.burst, limit.per_second, account.time)));
        Self(Arc::new(Inner {
            loaded: Instant::now(),
            time: account.time,
            call: Duration::from_millis(account.call_ms),
            state: Mutex::new(State {
                buckets: buckets.collect(),
                account,
                service_state: ServiceState::default(),
                calls: Vec::new(),
                watcher: None,
            }),
        }))
    }

    /// The time on its clock.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.0.time + SignedDuration::try_from(self.0.loaded.elapsed()).unwrap_or(SignedDuration::MAX)
    }

    /// A copy of the account.
    #[must_use]
    pub fn account(&self) -> Account {
        let mut account = self.lock().account.clone();
        account.time = self.now();
        account
    }

    /// Changes the account from outside of the controller, as people and AWS do.
    pub fn change<T>(&self, change: impl FnOnce(&mut Account, Timestamp) -> T) -> T {
        let now = self.now();
        let mut state = self.lock();
        let answer = change(&mut state.account, now);
        state.account.settle(now);
        answer
    }

    /// The calls made so far.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        self.lock().calls.clone()
    }

    /// Reads the account without a copy.
    pub fn inspect<T>(&self, inspect: impl FnOnce(&Account) -> T) -> T {
        inspect(&self.lock().account)
    }

    /// Reports every call to a watcher as it arrives, with the account.
    pub fn watch(&self, watcher: impl FnMut(&Arrival<'_>, &Account) + Send + 'static) {
        self.lock().watcher = Some(Box::new(watcher));
    }

    /// Runs one invocation; `None` if a fault killed it. A fault of its process doesn't affect others
    /// that run at the same time.
    pub fn invoke<T>(&self, invocation: impl Future<Output = T>) -> impl Future<Output = Option<T>> {
        self.invoke_as("", invocation)
    }

    /// Runs one invocation with a name for watchers.
    pub fn invoke_as<T>(&self, name: &str, invocation: impl Future<Output = T>) -> impl Future<Output = Option<T>> {
        self.invoke_with_clock(name, SignedDuration::ZERO, invocation)
    }

    /// The same on a machine whose clock is ahead of the account's by this much, or behind it.
    pub fn invoke_with_clock<T>(
        &self,
        name: &str,
        ahead: SignedDuration,
        invocation: impl Future<Output = T>,
    ) -> impl Future<Output = Option<T>> {
        process::run(name.to_owned(), ahead, Box::pin(invocation))
    }

    /// Makes one call: it takes time, may meet a fault or a limit, and is recorded.
    ///
    /// # Errors
    /// Those of the fault, the limit or the missing permission that it meets, and of `apply`.
    pub async fn call<T>(
        &self,
        call: &'static str,
        resource: &str,
        apply: impl FnOnce(&mut State, Timestamp) -> Result<T, CloudError>,
    ) -> Result<T, CloudError> {
        let began = self.now();
        let takes = self.takes(call);
        let fault = fault::befalling(&mut self.lock().account.faults, call, resource);
        clock::wait(takes / 2).await;
        let answer = self.arrive(call, resource, fault, apply);
        match fault {
            Some(Fault::KillBefore | Fault::KillAfter) => return process::kill().await,
            Some(Fault::FreezeBefore | Fault::Freeze) => process::freeze(),
            _ => {}
        }
        let no_answer = answer.as_ref().is_err_and(|error| error.fault == error::Fault::TimedOut);
        clock::wait(if no_answer { NO_ANSWER } else { takes / 2 }).await;
        process::thaw().await;
        let ended = self.now();
        self.lock().calls.push(Call { call, resource: resource.to_owned(), began, ended, failed: answer.is_err() });
        answer
    }

    /// The result of the call at the service, and the result that its caller gets.
    fn arrive<T>(
        &self,
        call: &'static str,
        resource: &str,
        fault: Option<Fault>,
        apply: impl FnOnce(&mut State, Timestamp) -> Result<T, CloudError>,
    ) -> Result<T, CloudError> {
        let now = self.now();
        let mut guard = self.lock();
        let state = &mut *guard;
        let service = state.account.sections().service(call);
        let met = match fault {
            Some(Fault::Refuse) => Err(CloudError::new(call, error::Fault::Refused, "a fault of the sandbox")),
            Some(Fault::ServerError) => Err(CloudError::new(call, error::Fault::Unavailable, "a fault of the sandbox")),
            Some(Fault::Throttle) => Err(throttled(call, service)),
            Some(Fault::Timeout | Fault::KillBefore | Fault::FreezeBefore) => Err(no_answer(call)),
            Some(Fault::ReplyLost | Fault::KillAfter | Fault::Freeze) | None if state.account.denied.contains(call) => {
                Err(denied(call, service))
            }
            Some(Fault::ReplyLost | Fault::KillAfter | Fault::Freeze) | None => state.apply(call, service, now, apply),
        };
        if let Some(watcher) = &mut state.watcher {
            let invocation = process::name();
            watcher(&Arrival { invocation: &invocation, call, resource, at: now, fault, done: met.is_ok() }, &state.account);
        }
        met.and_then(|answer| if fault == Some(Fault::ReplyLost) { Err(no_answer(call)) } else { Ok(answer) })
    }

    fn takes(&self, call: &str) -> Duration {
        let slow = &self.lock().account.slow_ms;
        let service = call.split_once(':').map_or_else(String::new, |(service, _)| format!("{service}:*"));
        slow.get(call).or_else(|| slow.get(&service)).map_or(self.0.call, |ms| Duration::from_millis(*ms))
    }

    /// The state as of now.
    fn lock(&self) -> MutexGuard<'_, State> {
        let mut state = self.0.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.account.settle(self.now());
        state
    }
}

#[async_trait]
impl Clock for Sandbox {
    /// By the clock of the running process.
    fn now(&self) -> Timestamp {
        self.now() + process::ahead()
    }

    async fn sleep(&self, duration: Duration) {
        clock::wait(duration).await;
        process::thaw().await;
    }
}

impl State {
    fn apply<T>(
        &mut self,
        call: &str,
        service: Service,
        now: Timestamp,
        apply: impl FnOnce(&mut Self, Timestamp) -> Result<T, CloudError>,
    ) -> Result<T, CloudError> {
        let meter = if service.one_limit { format!("{}:*", service.name) } else { call.to_owned() };
        if let Some(bucket) = self.buckets.get_mut(&meter) {
            let before = bucket.clone();
            if !bucket.take(now).is_zero() {
                *bucket = before;
                return Err(throttled(call, service));
            }
        }
        apply(self, now)
    }
}

fn throttled(call: &str, service: Service) -> CloudError {
    let (code, message) = service.throttles_with;
    CloudError { code: code.to_owned(), ..CloudError::new(call, error::Fault::Throttled, message) }
}

fn denied(call: &str, service: Service) -> CloudError {
    let denied = CloudError::new(call, error::Fault::Denied, "no policy allows it");
    CloudError { code: service.denies_with.to_owned(), ..denied }
}

fn no_answer(call: &str) -> CloudError {
    CloudError::new(call, error::Fault::TimedOut, "no answer within 2 s")
}
