"""Firewall rules of a test's NAT instance, in the network namespace that this runs in.

Speaks nf_tables' netlink protocol itself, so that no tool has to be installed for it:
linux/netfilter/nf_tables.h. Usage: firewall.py RULE...; without a rule it only masquerades.

  drop            everything that is forwarded, silently
  drop-loss:30    so many percent of it
  drop-ip6        what is forwarded over IPv6
  drop-port:53    what is forwarded to or from this port, over TCP and UDP
  drop-to:ADDRESS what is forwarded to this IPv4 address
"""

import ipaddress
import itertools
import socket
import struct
import sys

NETLINK_NETFILTER = 12
TABLES = 10  # NFNL_SUBSYS_NFTABLES
BATCH_BEGIN, BATCH_END = 0x10, 0x11
NEW_TABLE, DELETE_TABLE, NEW_CHAIN, NEW_RULE = 0, 2, 3, 6
REQUEST, ACK, CREATE, APPEND = 1, 4, 0x400, 0x800
INET = 1  # NFPROTO_INET: IPv4 and IPv6
NESTED = 0x8000
FORWARD, POSTROUTING = 2, 4
NAME = b"crossover-test\0"

VERDICT, R1 = 0, 1
DROP = 0
IPV6, TCP, UDP = 10, 6, 17
EQUAL, LESS = 0, 2
META_PROTOCOL_FAMILY, META_TRANSPORT = 15, 16
NETWORK_HEADER, TRANSPORT_HEADER = 1, 2


def attribute(kind, data):
    body = struct.pack("=HH", 4 + len(data), kind) + data
    return body + b"\0" * (-len(body) % 4)


def number(kind, value):
    return attribute(kind, struct.pack(">I", value))


def nested(kind, *inner):
    return attribute(kind | NESTED, b"".join(inner))


def expression(name, *data):
    return nested(1, attribute(1, name.encode() + b"\0"), nested(2, *data))


def meta(key):
    return expression("meta", number(1, R1), number(2, key))


def payload(base, offset, length):
    return expression("payload", number(1, R1), number(2, base), number(3, offset), number(4, length))


def compare(operation, data):
    return expression("cmp", number(1, R1), number(2, operation), nested(3, attribute(1, data)))


def random_below(modulus):
    # What is drawn is in the machine's order of bytes, and is compared byte by byte.
    drawn = expression("numgen", number(1, R1), number(2, modulus), number(3, 1), number(4, 0))
    return drawn + expression("byteorder", number(1, R1), number(2, R1), number(3, 1), number(4, 4), number(5, 4))


def drop():
    return expression("immediate", number(1, VERDICT), nested(2, nested(2, number(1, DROP))))


def rules(word):
    """What each rule of this word matches, before it drops."""
    name, _, value = word.partition(":")
    if name == "drop":
        return [b""]
    if name == "drop-loss":
        return [random_below(100) + compare(LESS, struct.pack(">I", int(value)))]
    if name == "drop-ip6":
        return [meta(META_PROTOCOL_FAMILY) + compare(EQUAL, bytes([IPV6]))]
    if name == "drop-port":
        port = struct.pack(">H", int(value))
        return [
            meta(META_TRANSPORT) + compare(EQUAL, bytes([transport])) + payload(TRANSPORT_HEADER, offset, 2) + compare(EQUAL, port)
            for transport, offset in itertools.product((TCP, UDP), (0, 2))
        ]
    if name == "drop-to":
        address = ipaddress.IPv4Address(value).packed
        family = meta(META_PROTOCOL_FAMILY) + compare(EQUAL, bytes([socket.AF_INET]))
        return [family + payload(NETWORK_HEADER, 16, 4) + compare(EQUAL, address)]
    sys.exit(f"{word} is no rule; expected one of drop, drop-loss:30, drop-ip6, drop-port:53, drop-to:192.0.2.1")


def message(sequence, kind, flags, family, resource, data):
    header = struct.pack("=BBH", family, 0, socket.htons(resource))
    return struct.pack("=IHHII", 20 + len(data), kind, REQUEST | flags, sequence, 0) + header + data


def table(kind, flags=0):
    return kind, flags, attribute(1, NAME)


def chain(name, kind, hook, priority):
    hooked = nested(4, number(1, hook), number(2, priority & 0xFFFFFFFF))
    return NEW_CHAIN, CREATE, attribute(1, NAME) + attribute(3, name) + hooked + attribute(7, kind)


def rule(chain_name, *expressions):
    return NEW_RULE, CREATE | APPEND, attribute(1, NAME) + attribute(2, chain_name) + nested(4, *expressions)


def main():
    matches = [match for word in sys.argv[1:] for match in rules(word)]
    changes = [
        # Created when it is not there, so that it can be deleted with all that is in it.
        table(NEW_TABLE, CREATE),
        table(DELETE_TABLE),
        table(NEW_TABLE, CREATE),
        chain(b"out\0", b"nat\0", POSTROUTING, 100),
        rule(b"out\0", expression("masq")),
        chain(b"through\0", b"filter\0", FORWARD, 0),
        *(rule(b"through\0", match, drop()) for match in matches),
    ]
    batch = message(0, BATCH_BEGIN, 0, 0, TABLES, b"")
    for sequence, (kind, flags, data) in enumerate(changes, 1):
        batch += message(sequence, TABLES << 8 | kind, flags | ACK, INET, 0, data)
    batch += message(len(changes) + 1, BATCH_END, 0, 0, TABLES, b"")
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER) as netlink:
        netlink.settimeout(10)
        netlink.sendto(batch, (0, 0))
        acknowledged = 0
        while acknowledged < len(changes):
            answer = netlink.recv(65536)
            while answer:
                length, _, _, sequence, _, error = struct.unpack_from("=IHHIIi", answer)
                if error:
                    sys.exit(f"nf_tables refuses change {sequence} of {len(changes)}: error {-error}")
                acknowledged += 1
                answer = answer[(length + 3) & ~3 :]


if __name__ == "__main__":
    main()
