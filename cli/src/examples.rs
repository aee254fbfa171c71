//! What the help of each verb ends with: lines to be typed as they are, but for the names.

pub(crate) const CROSSOVER: &str = "\
Examples:
  crossover demo                                     see it work, without any account
  crossover check topology/topology.toml --aws       would a crossover work now?
  crossover dry-run event.json                       what an event would lead to
  crossover status                                   how everything stands
  crossover plan egress-prod --away-from us-east-1a  what a failover would do
  crossover failover egress-prod --away-from us-east-1a --reason 'packet loss'
  crossover failover --away-from us-east-1 --reason 'the Region fails'
  crossover report egress-prod --html report.html    the story of the latest one

CROSSOVER_TOPOLOGY, CROSSOVER_TABLE and CROSSOVER_TOPIC_ARN name the account's topology,
journal and notices. With --account FILE it works on a sandbox account: a place to practise.

Exit codes:
  0  done, remembered, or nothing had to be done
  1  refused or failed; the reason is printed
  2  the command line was not understood
  3  held back; the reason is printed
  4  not finished: the next alarm or tick goes on";

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
  crossover check topology/topology.toml            only the file
  crossover check topology/topology.toml --aws      and what it names, in the real account
  crossover check topology/topology.toml --aws --format junit --fail-on warning > check.xml
  crossover check topology.toml --account account.json --json";

pub(crate) const SNAPSHOT: &str = "\
Examples:
  crossover snapshot --topology topology/topology.toml --out account.json
  crossover check topology/topology.toml --account account.json
  crossover drill --fail us-east-1a --account account.json

It only reads. No user data, user names, reasons of alarms or values of TXT records are taken, and
no tags but those that the topology selects by. What could not be read is listed; then it exits with 1.";

pub(crate) const DRILL: &str = "\
Examples:
  crossover drill --fail egress-prod/us-east-1a
  crossover snapshot --topology topology.toml --out account.json
  crossover drill --fail us-east-1a --account account.json --topology topology.toml
  crossover drill --fail us-east-1 --without journal,sns --account account.json
  crossover drill --fail orders/orders-use1 --account account.json --json | jq .targets

The clock starts when the alarms go off. The rest of the way is played too: the ticks, the
recovery, and the way home. It exits with 1 when anything did not cross over, or nothing was there.";

pub(crate) const FAILOVER: &str = "\
Examples:
  crossover failover egress-prod --away-from us-east-1a --reason 'packet loss' --dry-run
  crossover failover egress-prod --away-from us-east-1a --reason 'packet loss'
  crossover failover orders --to orders-usw2 --accept-data-loss --reason 'gone' --wait 20m
  crossover failover --away-from us-east-1 --reason 'the Region fails'
  crossover failover --away-from us-east-1 --reason 'drill' --yes --accept-data-loss

The last two leave a Region with everything that is there; --yes asks nothing. It stays away
until a failback or a release. What holds it back is printed, with what goes on all the same.
With --function, a target that the function does not know as --topology has it is left out, which
is printed and counts as failed; what only the function knows is named, and is not moved.
A target of which the topology does not say where it is is left alone, and counts as held.";

pub(crate) const SWITCHOVER: &str = "\
Examples:
  crossover switchover www --to usw2 --reason 'a new release'
  crossover switchover --away-from us-east-1a --reason 'maintenance of the zone'

It needs every side to be healthy, and loses nothing. When one is not, that is a failover.";

pub(crate) const FAILBACK: &str = "\
Examples:
  crossover failback egress-prod --reason 'mended'
  crossover failback egress-prod --side us-east-1a --reason 'only this zone'
  crossover failback --all --reason 'the Region is back' --dry-run";

pub(crate) const PLAN: &str = "\
Examples:
  crossover plan egress-prod                          what would happen now
  crossover plan egress-prod --away-from us-east-1a   if this side were left
  crossover plan --away-from us-east-1                if everything left this Region";

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
  crossover report orders-20260314T031240.000Z        the whole story of one of them";

pub(crate) const REPORT: &str = "\
Examples:
  crossover report orders                             the latest crossover of a target
  crossover report orders-20260314T031240.000Z
  crossover report orders --html report.html          one page, to be sent or printed
  crossover report orders --json | jq '.events'";

pub(crate) const PAUSE: &str = "\
Examples:
  crossover pause egress-prod --for 2h --reason 'maintenance of the gateways'
  crossover pause --reason 'the monitoring is wrong'  everything, until it is resumed";

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
  crossover release egress-prod --reason 'it may go home when its policy says so'";

pub(crate) const SCHEMA: &str = "\
Examples:
  crossover schema > topology.schema.json
  echo '#:schema ./topology.schema.json' | cat - topology.toml > with-schema.toml

Editors that know TOML (taplo and what is built on it) then complete keys and mark mistakes. What
it takes may still be wrong: crossover check knows more of the values.";

pub(crate) const COMPLETIONS: &str = "\
Examples:
  crossover completions bash > ~/.local/share/bash-completion/completions/crossover
  crossover completions zsh > \"${fpath[1]}/_crossover\"
  crossover completions fish > ~/.config/fish/completions/crossover.fish";

pub(crate) const MAN: &str = "\
Examples:
  crossover man > /usr/local/share/man/man1/crossover.1
  crossover man failover | man -l -";
