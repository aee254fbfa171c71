//! The examples at the end of each verb's help. Users only need to replace the names.

pub(crate) const CROSSOVER: &str = "\
Examples:
  crossover demo                                     see it work, without an account
  crossover check topology/topology.toml --aws       would a crossover work now?
  crossover dry-run event.json                       what an event would cause
  crossover status                                   the state of all targets
  crossover plan egress-prod --away-from us-east-1a  what a failover would do
  crossover failover egress-prod --away-from us-east-1a --reason 'packet loss'
  crossover failover --away-from us-east-1 --reason 'the Region fails'
  crossover report egress-prod --html report.html    a report on the latest crossover

CROSSOVER_TOPOLOGY, CROSSOVER_TABLE and CROSSOVER_TOPIC_ARN set the topology file, the journal
table and the notice topic. With --account FILE, commands work on a sandbox account, for practice.

Exit codes:
  0  completed, recorded, or nothing to do
  1  refused or failed; the reason is printed
  2  invalid command line
  3  held by a guard; the reason is printed
  4  not finished: the next alarm or tick continues it";

pub(crate) const DEMO: &str = "\
Examples:
  crossover demo
  crossover demo --json | jq '.notices[].headline'";

pub(crate) const DRY_RUN: &str = "\
Examples:
  crossover dry-run events/cloudwatch/nat-alarm-eventbridge.json
  crossover dry-run event.json --aws --topology topology/topology.toml
  pbpaste | crossover dry-run - --account account.json --topology topology.toml";

pub(crate) const CHECK: &str = "\
Examples:
  crossover check topology/topology.toml            the file only
  crossover check topology/topology.toml --aws      also what it names in the real account
  crossover check topology/topology.toml --aws --format junit --fail-on warning > check.xml
  crossover check topology.toml --account account.json --json";

pub(crate) const SNAPSHOT: &str = "\
Examples:
  crossover snapshot --topology topology/topology.toml --out account.json
  crossover check topology/topology.toml --account account.json
  crossover drill --fail us-east-1a --account account.json

It only reads. User data, user names, alarm reasons, values of TXT records, and tags that the
topology does not select by are left out. Unreadable resources are listed, and the exit code is 1.";

pub(crate) const DRILL: &str = "\
Examples:
  crossover drill --fail egress-prod/us-east-1a
  crossover snapshot --topology topology.toml --out account.json
  crossover drill --fail us-east-1a --account account.json --topology topology.toml
  crossover drill --fail us-east-1 --without journal,sns --account account.json
  crossover drill --fail orders/orders-use1 --account account.json --json | jq .targets

The clock starts when the alarms fire. The drill includes the ticks, the recovery and the
failback. The exit code is 1 if a target did not cross over, or if nothing served where it failed.";

pub(crate) const FAILOVER: &str = "\
Examples:
  crossover failover egress-prod --away-from us-east-1a --reason 'packet loss' --dry-run
  crossover failover egress-prod --away-from us-east-1a --reason 'packet loss'
  crossover failover orders --to orders-usw2 --accept-data-loss --reason 'gone' --wait 20m
  crossover failover --away-from us-east-1 --reason 'the Region fails'
  crossover failover --away-from us-east-1 --reason 'drill' --yes --accept-data-loss

The last two evacuate a Region; --yes skips the confirmation. Targets stay away until a failback or
a release. Guards that hold a target are printed; the other targets continue.
With --function, a target whose definition in the function differs from --topology is left out: it
is printed and counts as failed. Targets that only the function has are listed, and not moved.
Targets whose location the topology does not state are not moved, and count as held.";

pub(crate) const SWITCHOVER: &str = "\
Examples:
  crossover switchover www --to usw2 --reason 'a new release'
  crossover switchover --away-from us-east-1a --reason 'maintenance of the zone'

A switchover requires every side to be healthy, and loses nothing. If a side is not, use failover.";

pub(crate) const FAILBACK: &str = "\
Examples:
  crossover failback egress-prod --reason 'repaired'
  crossover failback egress-prod --side us-east-1a --reason 'only this zone'
  crossover failback --all --reason 'the Region is back' --dry-run";

pub(crate) const UNFENCE: &str = "\
Examples:
  crossover unfence orders --reason 'the promotion was aborted' --dry-run
  crossover unfence orders --side orders-use1 --reason 'read the last writes' --force";

pub(crate) const PLAN: &str = "\
Examples:
  crossover plan egress-prod                          what would happen now
  crossover plan egress-prod --away-from us-east-1a   if work left this side
  crossover plan --away-from us-east-1                if all work left this Region";

pub(crate) const STATUS: &str = "\
Examples:
  crossover status
  crossover status orders
  crossover status --watch --interval 2s
  crossover status --json | jq -r '.targets[] | select(.status.open) | .target'";

pub(crate) const HISTORY: &str = "\
Examples:
  crossover history
  crossover history orders --limit 3
  crossover report orders-20260314T031240.000Z        a report on one of them";

pub(crate) const REPORT: &str = "\
Examples:
  crossover report orders                             the one of a target to review, or its latest
  crossover report orders-20260314T031240.000Z
  crossover report orders --html report.html          one page, to send or print
  crossover report orders --json | jq '.events'";

pub(crate) const PAUSE: &str = "\
Examples:
  crossover pause egress-prod --for 2h --reason 'maintenance of the gateways'
  crossover pause --reason 'the monitoring is wrong'  all targets, until resumed";

pub(crate) const STOP: &str = "\
Examples:
  crossover stop egress-prod --reason 'it moves to the wrong side'
  crossover stop everything --reason 'nothing may move now'
  crossover resume everything --reason 'understood'

It takes effect also while a crossover runs: no further stage is begun, and no call that cannot be
undone. An order passes with --force.";

pub(crate) const ABORT: &str = "\
Examples:
  crossover abort orders-20260314T031240.000Z --reason 'the promotion never ends'
  crossover abort orders --reason 'whatever is open'

Nothing is undone: the answer lists what is half done, and how to undo it. Nothing is begun
automatically until `crossover resume`.";

pub(crate) const RESUME: &str = "\
Examples:
  crossover resume egress-prod --reason 'maintenance is over'
  crossover resume --reason 'the monitoring is right again'";

pub(crate) const ACK: &str = "\
Examples:
  crossover report egress-prod                        what happened
  crossover ack egress-prod --reason 'reviewed, see OPS-123'";

pub(crate) const RELEASE: &str = "\
Examples:
  crossover release egress-prod --reason 'back to its policy'";

pub(crate) const RENAME: &str = "\
Examples:
  crossover rename egress-old --to egress-prod --reason 'renamed in OPS-123'
  crossover rename egress-prod --side use1a=us-east-1a --reason 'the side has a new name'";

pub(crate) const FORGET: &str = "\
Examples:
  crossover forget egress-old --reason 'the VPC is gone'
  crossover forget egress-prod --side us-east-1c --reason 'the zone is not used any more'";

pub(crate) const VERIFY: &str = "\
Examples:
  crossover verify                                    all targets
  crossover verify orders --calls calls.jsonl         with a trail of the calls that were made
  crossover verify --account after-a-drill.json       an account file

Exit code: 0 if every promise is kept, 1 if one is broken.";

pub(crate) const SCHEMA: &str = "\
Examples:
  crossover schema > topology.schema.json
  echo '#:schema ./topology.schema.json' | cat - topology.toml > with-schema.toml

Editors with TOML schema support (taplo and tools built on it) then complete keys and mark mistakes.
The schema does not cover every rule: crossover check validates the values completely.";

pub(crate) const COMPLETIONS: &str = "\
Examples:
  crossover completions bash > ~/.local/share/bash-completion/completions/crossover
  crossover completions zsh > \"${fpath[1]}/_crossover\"
  crossover completions fish > ~/.config/fish/completions/crossover.fish";

pub(crate) const MAN: &str = "\
Examples:
  crossover man > /usr/local/share/man/man1/crossover.1
  crossover man failover | man -l -";
