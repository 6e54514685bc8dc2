"""A walk of foreign changes by a seed, against the real kernel: in the end everything is right."""

import ipaddress
import os
import random
import time

import pytest

from daemons import pair_config
from lab import always, wait_until
from namespaces import CommandFailed

# Together 1,000 changes, in several walks that run beside each other.
STEPS = int(os.environ.get("TANDEM_WALK_STEPS", "250"))
FIRST = int(os.environ.get("TANDEM_WALK_SEED", "20260823"))
SEEDS = range(FIRST, FIRST + 4)
VIRTUALS = ["192.0.2.1/24", "192.0.2.7/32", "10.1.0.1/24"]
# The same addresses with other prefixes, neighbours in the same subnets, and strangers.
FOREIGN = ["192.0.2.1/25", "192.0.2.1/32", "10.1.0.1/16", "192.0.2.50/24", "192.0.2.51/24",
           "192.0.2.52/25", "10.1.0.9/24", "198.51.100.5/24", "203.0.113.77/32"]
# A fight over an address is given up for a while, longer each time: none of these steps is one.
LEAST_BETWEEN_THEFTS = 15.0


class Somebody:
    """Works on the interface of r1, and keeps the books of what is theirs."""

    def __init__(self, lab, seed):
        self.lab, self.host = lab, lab["r1"]
        self.dice = random.Random(seed)
        self.own = f"{self.host.address}/24"
        self.theirs = {self.own}
        self.name = "eth0"
        self.stolen_at = {address: 0.0 for address in VIRTUALS}
        self.story = []
        self.watch = lab.watch_addresses("r1")

    def act(self):
        deed = self.dice.choice([self.steal, self.steal, self.toggle_foreign, self.toggle_foreign,
                                 self.toggle_foreign, self.toggle_own, self.flap, self.rename,
                                 self.bounce_cable, self.toggle_promotion])
        try:
            self.note(f"{deed.__name__} {deed() or ''}")
        except CommandFailed as error:
            # Somebody was faster: what is to be removed is gone, or what is to be added is there.
            self.note(f"{deed.__name__}: {error}")

    def note(self, text):
        self.story.append((time.time(), text))

    def told(self):
        """What was done and what the kernel has changed, in order."""
        changes = [(change.time, f"    {change}") for change in self.watch.changes()]
        return "\n".join(f"{at % 1000:8.4f} {text}" for at, text in sorted(self.story + changes))

    def ip(self, *words):
        self.host.ip("address", *words, "dev", self.name)

    def there(self):
        return set(self.host.addresses(self.name))

    def remove(self, address):
        self.ip("delete", address)
        # The kernel may take the secondaries of a primary along: those of its subnet, no others.
        subnet = ipaddress.ip_interface(address).network
        relatives = {other for other in self.theirs
                     if ipaddress.ip_interface(other).network == subnet}
        self.theirs -= relatives - self.there()

    def toggle(self, address):
        if address in self.theirs:
            self.remove(address)
        else:
            self.ip("add", address)
            self.theirs.add(address)

    def steal(self):
        address = self.dice.choice(VIRTUALS)
        if time.monotonic() - self.stolen_at[address] < LEAST_BETWEEN_THEFTS:
            return f"{address}: not again so soon"
        self.stolen_at[address] = time.monotonic()
        self.remove(address)
        return address

    def toggle_foreign(self):
        address = self.dice.choice(FOREIGN)
        self.toggle(address)
        return address

    def toggle_own(self):
        self.toggle(self.own)

    def flap(self):
        self.host.ip("link", "set", self.name, "down")
        time.sleep(self.dice.choice([0, 0.02]))
        self.host.ip("link", "set", self.name, "up")

    def bounce_cable(self):
        self.lab.switch.port_down(self.host)
        time.sleep(self.dice.choice([0, 0.02]))
        self.lab.switch.port_up(self.host)

    def rename(self):
        name = "eth9" if self.name == "eth0" else "eth0"
        self.host.ip("link", "set", self.name, "name", name)
        self.name = name

    def toggle_promotion(self):
        for scope in ("all", self.name):
            self.host.sysctl(f"ipv4.conf.{scope}.promote_secondaries", self.dice.choice([0, 1]))

    def put_in_order(self):
        if self.name != "eth0":
            self.rename()
        if self.own not in self.theirs:
            self.toggle_own()


@pytest.mark.parametrize("seed", SEEDS)
def test_a_walk_of_foreign_changes_ends_with_the_right_addresses(lab, seed):
    config = pair_config(addresses=VIRTUALS)
    r1, r2 = lab.tandem("r1", config), lab.tandem("r2", config)
    wait_until(lambda: r1.state() == "active" and r2.state() == "backup")
    somebody = Somebody(lab, seed)
    for _ in range(STEPS):
        somebody.act()
        time.sleep(somebody.dice.choice([0, 0, 0.01, 0.05, 0.2]))
    somebody.put_in_order()
    print(somebody.told())
    host = lab["r1"]
    wait_until(lambda: r1.state() == "active" and r2.state() == "backup", 30)
    wait_until(lambda: set(VIRTUALS) | somebody.theirs == set(host.addresses()), 10,
               f"r1 has its own and the virtual addresses: {sorted(host.addresses())} against "
               f"{sorted(set(VIRTUALS) | somebody.theirs)}")
    always(lambda: set(VIRTUALS) | somebody.theirs == set(host.addresses()), 1.0)
    assert not set(VIRTUALS) & set(r2.host.addresses())
