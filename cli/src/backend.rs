//! The backend of the verbs: a sandbox account file, the real account, or a deployed function.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use crossover_kinds::Registry;
use crossover_model::{answer::Answer, topology};
use crossover_sandbox::{Account, Sandbox};
use serde_json::Value;

use crate::{
    engine::Engine,
    failure::Failure,
    file::{self, read},
    flags::{flags, named},
    progress::{AT_WORK, Progress},
    sandbox_controller::{TOPOLOGY, controller},
    stack::keep_to,
    topology::Topology,
};

/// Which account, and how to answer.
#[derive(Args)]
pub(crate) struct Backend {
    /// The topology; with --account the example's when not given.
    #[arg(long, value_name = "FILE", env = "CROSSOVER_TOPOLOGY")]
    topology: Option<PathBuf>,
    /// Work on a sandbox account file, which is changed as an account would be.
    #[arg(long, value_name = "FILE")]
    account: Option<PathBuf>,
    /// The journal's table: the stack's output `JournalTable`.
    #[cfg(feature = "aws")]
    #[arg(long, value_name = "NAME", env = "CROSSOVER_TABLE")]
    table: Option<String>,
    /// The notice topic: the stack's output `NoticeTopicArn`.
    #[cfg(feature = "aws")]
    #[arg(long, value_name = "ARN", env = "CROSSOVER_TOPIC_ARN")]
    topic_arn: Option<String>,
    /// Give it to this deployed function, as in crossover-sweep:live, rather than to the engine of this command.
    #[cfg(feature = "aws")]
    #[arg(long, value_name = "NAME", env = "CROSSOVER_FUNCTION")]
    function: Option<String>,
    /// Use the engine of this command although `CROSSOVER_FUNCTION` is set: when Lambda is down.
    #[cfg(feature = "aws")]
    #[arg(long)]
    local: bool,
    /// The stack whose journal this is, where the topology names one for each target.
    #[arg(long, value_name = "NAME", env = "CROSSOVER_STACK")]
    stack: Option<String>,
    /// Whether to act, where the topology does not say it of the target.
    #[arg(long, env = "CROSSOVER_MODE", default_value = "armed")]
    mode: Mode,
    /// Print the answer as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Mode {
    Shadow,
    Armed,
}

impl From<Mode> for topology::Mode {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::Shadow => Self::Shadow,
            Mode::Armed => Self::Armed,
        }
    }
}

impl Backend {
    /// The flags that say where this is, as they follow a command that is printed.
    pub(crate) fn flags(&self) -> String {
        let path = |path: &Option<PathBuf>| path.as_ref().map(|path| path.display().to_string());
        let mode = matches!(self.mode, Mode::Shadow).then(|| "shadow".to_owned());
        let here = [
            ("--account", path(&self.account), None),
            ("--topology", path(&self.topology), Some("CROSSOVER_TOPOLOGY")),
            ("--stack", named(self.stack.as_ref()).map(str::to_owned), Some("CROSSOVER_STACK")),
            ("--mode", mode, Some("CROSSOVER_MODE")),
        ];
        flags(here) + &self.flags_of_aws()
    }

    #[cfg(feature = "aws")]
    fn flags_of_aws(&self) -> String {
        let there = [
            ("--table", named(self.table.as_ref()).map(str::to_owned), Some("CROSSOVER_TABLE")),
            ("--topic-arn", named(self.topic_arn.as_ref()).map(str::to_owned), Some("CROSSOVER_TOPIC_ARN")),
            ("--function", named(self.function.as_ref()).map(str::to_owned), Some("CROSSOVER_FUNCTION")),
        ];
        flags(there) + if self.local { " --local" } else { "" }
    }

    #[cfg(not(feature = "aws"))]
    #[expect(clippy::unused_self, reason = "as with the feature aws")]
    fn flags_of_aws(&self) -> String {
        String::new()
    }

    /// The deployed function that commands are given to; none where they are carried out in this process.
    #[cfg(feature = "aws")]
    pub(crate) fn function(&self) -> Option<&str> {
        named(self.function.as_ref()).filter(|_| !self.local && self.account.is_none())
    }

    /// The deployed function that commands are given to: none in a build that knows no AWS.
    #[cfg(not(feature = "aws"))]
    #[expect(clippy::unused_self, reason = "as with the feature aws")]
    pub(crate) fn function(&self) -> Option<&str> {
        None
    }

    /// Lets `work` be done here.
    pub(crate) fn work<T>(
        &self,
        registry: &Registry,
        work: impl AsyncFnOnce(&Engine) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        match &self.account {
            Some(path) => self.in_sandbox(registry, path, work),
            None => self.on_aws(registry, work),
        }
    }

    /// One command, and its answer.
    pub(crate) fn ask(&self, registry: &Registry, command: &Value) -> Result<Answer, Failure> {
        let _progress = Progress::of(AT_WORK);
        self.work(registry, async |engine| Ok(engine.ask(command).await?))
    }

    fn in_sandbox<T>(
        &self,
        registry: &Registry,
        path: &Path,
        work: impl AsyncFnOnce(&Engine) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let topology = Topology::named(self.topology.as_deref(), "the example topology", TOPOLOGY)?;
        let name = path.display().to_string();
        let account =
            Account::parse(&read(path)?, &registry.sections()).map_err(|error| Failure::Account { path: name.clone(), error })?;
        let before = account.clone();
        let (done, after) = crossover_sandbox::run(async {
            let sandbox = Sandbox::new(account);
            let mut controller = controller(registry, &sandbox, &topology.text, self.mode.into(), "crossover-sweep")
                .map_err(|problems| topology.failure(problems))?;
            keep_to(&mut controller.kinds, named(self.stack.as_ref()))?;
            let engine = Engine::new(registry, controller, Some(sandbox.clone()));
            let done = work(&engine).await;
            Ok::<_, Failure>((done, sandbox.account()))
        })??;
        // A question takes its time, and leaves the file alone.
        let mut unchanged = before;
        unchanged.time = after.time;
        if after != unchanged {
            let text = after.print().map_err(|error| Failure::Account { path: name.clone(), error })?;
            file::write(path, &(text + "\n"))?;
        }
        done
    }

    #[cfg(feature = "aws")]
    fn on_aws<T>(&self, registry: &Registry, work: impl AsyncFnOnce(&Engine) -> Result<T, Failure>) -> Result<T, Failure> {
        if let Some(function) = self.function() {
            // Armed is what a function may be whatever is said here; shadow said and not kept would move work.
            if matches!(self.mode, Mode::Shadow) {
                let what = "--mode shadow, or CROSSOVER_MODE, is not for a deployed function, which has a mode of its own; \
                            use --dry-run, or --local for the engine of this command";
                return Err(Failure::Usage(what.to_owned()));
            }
            let topology = self.topology.as_deref().map(|path| Topology::named(Some(path), "", "")).transpose()?;
            return crate::account::by_function(registry, function, topology.as_ref(), named(self.stack.as_ref()), work);
        }
        let missing = |flag: &str, variable: &str| Failure::Usage(format!("{flag} is missing; name it, or set {variable}"));
        let path = self.topology.as_deref().ok_or_else(|| missing("--topology", "CROSSOVER_TOPOLOGY"))?;
        let topology = Topology::named(Some(path), "", "")?;
        let table = named(self.table.as_ref()).ok_or_else(|| missing("--table", "CROSSOVER_TABLE"))?;
        let topic = named(self.topic_arn.as_ref()).ok_or_else(|| missing("--topic-arn", "CROSSOVER_TOPIC_ARN"))?;
        crate::account::work(registry, &topology, Some(table), Some(topic), self.mode.into(), named(self.stack.as_ref()), work)
    }

    #[cfg(not(feature = "aws"))]
    #[expect(clippy::unused_self, reason = "as with the feature aws")]
    fn on_aws<T>(&self, _: &Registry, _: impl AsyncFnOnce(&Engine) -> Result<T, Failure>) -> Result<T, Failure> {
        Err(Failure::Usage("this build knows no AWS; name a sandbox account with --account".to_owned()))
    }
}
