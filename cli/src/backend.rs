//! The backend of the verbs: a sandbox account file, the real account, or a deployed function.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use crossover_kinds::Registry;
use crossover_model::{answer::Answer, notice::Sender, topology};
use crossover_sandbox::{Account, Sandbox};
use serde_json::Value;

#[cfg(feature = "aws")]
use crate::stack::Stack;
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

/// Which account to work on, and how to print the answer.
#[derive(Args)]
pub(crate) struct Backend {
    /// The topology file. With --account, the default is the example topology.
    #[arg(long, value_name = "FILE", env = "CROSSOVER_TOPOLOGY")]
    topology: Option<PathBuf>,
    /// Work on this sandbox account file; the command changes it as it would change a real account.
    #[arg(long, value_name = "FILE")]
    account: Option<PathBuf>,
    /// The journal table: the stack's output `JournalTable`.
    #[cfg(feature = "aws")]
    #[arg(long, value_name = "NAME", env = "CROSSOVER_TABLE")]
    table: Option<String>,
    /// The notice topic: the stack's output `NoticeTopicArn`.
    #[cfg(feature = "aws")]
    #[arg(long, value_name = "ARN", env = "CROSSOVER_TOPIC_ARN")]
    topic_arn: Option<String>,
    /// Invoke this deployed function, such as crossover-sweep:live, instead of the engine in this command.
    #[cfg(feature = "aws")]
    #[arg(long, value_name = "NAME", env = "CROSSOVER_FUNCTION")]
    function: Option<String>,
    /// Use the engine in this command even if `CROSSOVER_FUNCTION` is set, for example when Lambda is down.
    #[cfg(feature = "aws")]
    #[arg(long)]
    local: bool,
    /// The stack that the journal belongs to, if the topology assigns its targets to stacks.
    #[arg(long, value_name = "NAME", env = "CROSSOVER_STACK")]
    stack: Option<String>,
    /// The mode of targets for which the topology sets none.
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
    /// The flags that select this backend, to be appended to a printed command.
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

    /// The deployed function that receives the commands; none if this process runs them.
    #[cfg(feature = "aws")]
    pub(crate) fn function(&self) -> Option<&str> {
        named(self.function.as_ref()).filter(|_| !self.local && self.account.is_none())
    }

    /// The deployed function that receives the commands: none in a build without AWS support.
    #[cfg(not(feature = "aws"))]
    #[expect(clippy::unused_self, reason = "as with the feature aws")]
    pub(crate) fn function(&self) -> Option<&str> {
        None
    }

    /// The name of the person who gives an order: whose credentials are used, or else the variable `USER`.
    pub(crate) fn operator(&self) -> Result<String, Failure> {
        let of_credentials = if self.account.is_none() { self.identity() } else { Ok(None) };
        let user = std::env::var_os("USER").and_then(|user| user.into_string().ok()).filter(|user| !user.trim().is_empty());
        match of_credentials {
            Ok(Some(identity)) => Ok(identity),
            Ok(None) => user.ok_or_else(|| Failure::Usage("--operator is missing; pass your name, or set USER".to_owned())),
            Err(error) => {
                let missing =
                    || Failure::Usage(format!("--operator is missing, and STS did not say who you are: {error}; pass it"));
                user.ok_or_else(missing)
            }
        }
    }

    /// Whose credentials are used; none in a build without AWS support.
    #[cfg(feature = "aws")]
    #[expect(clippy::unused_self, reason = "as without the feature aws")]
    fn identity(&self) -> Result<Option<String>, Failure> {
        crate::account::identity().map(Some)
    }

    /// Whose credentials are used; none in a build without AWS support.
    #[cfg(not(feature = "aws"))]
    #[expect(clippy::unused_self, clippy::unnecessary_wraps, reason = "as with the feature aws")]
    fn identity(&self) -> Result<Option<String>, Failure> {
        Ok(None)
    }

    /// Runs `work` with an engine on this backend.
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

    /// Sends one command, and returns its answer.
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
            let sender = Sender::CommandLine(self.flags().trim_start().to_owned());
            let mut controller = controller(registry, &sandbox, &topology.text, self.mode.into(), sender)
                .map_err(|problems| topology.failure(problems))?;
            keep_to(&mut controller.kinds, named(self.stack.as_ref()))?;
            let engine = Engine::new(registry, controller, Some(sandbox.clone()));
            let done = work(&engine).await;
            Ok::<_, Failure>((done, sandbox.account()))
        })??;
        // A command that only reads advances the clock, which alone is no reason to write the file.
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
            // The function may be armed whatever this flag says: accepting and ignoring `shadow` would move work.
            if matches!(self.mode, Mode::Shadow) {
                let what = "--mode shadow (or CROSSOVER_MODE) does not apply to a deployed function, which has its own mode; \
                            use --dry-run, or --local to use the engine in this command";
                return Err(Failure::Usage(what.to_owned()));
            }
            let topology = self.topology.as_deref().map(|path| Topology::named(Some(path), "", "")).transpose()?;
            return crate::account::by_function(registry, function, topology.as_ref(), named(self.stack.as_ref()), work);
        }
        let missing = |flag: &str, variable: &str| Failure::Usage(format!("{flag} is missing; pass it, or set {variable}"));
        let path = self.topology.as_deref().ok_or_else(|| missing("--topology", "CROSSOVER_TOPOLOGY"))?;
        let topology = Topology::named(Some(path), "", "")?;
        let stack = Stack {
            name: named(self.stack.as_ref()),
            table: Some(named(self.table.as_ref()).ok_or_else(|| missing("--table", "CROSSOVER_TABLE"))?),
            topic_arn: Some(named(self.topic_arn.as_ref()).ok_or_else(|| missing("--topic-arn", "CROSSOVER_TOPIC_ARN"))?),
            function: named(self.function.as_ref()),
        };
        crate::account::work(registry, &topology, stack, self.mode.into(), work)
    }

    #[cfg(not(feature = "aws"))]
    #[expect(clippy::unused_self, reason = "as with the feature aws")]
    fn on_aws<T>(&self, _: &Registry, _: impl AsyncFnOnce(&Engine) -> Result<T, Failure>) -> Result<T, Failure> {
        Err(Failure::Usage("this build has no AWS support; name a sandbox account with --account".to_owned()))
    }
}
