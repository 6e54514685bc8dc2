"""The manual pages against the programs, in both directions: verbs, options, settings.

What the programs have is what they say themselves: tandemctl in its completions, the others in
their help, the configuration in the tables of its readers.
"""

import collections
import glob
import os
import re
import subprocess

import pytest

from daemons import BUILD, ROOT

EVERYWHERE = ""  # the place of options that no verb owns
# Settings whose value is a group, by the name of its table.
INNER = {"preempt": "preempt", "garp": "garp", "auth": "auth", "vmac": "vmac", "notify": "notify",
         "damping": "damping", "conntrackd": "conntrackd", "route": "routes", "rule": "rules",
         "address": "addresses", "penalty": "on_fail"}
SECTIONS = {"root": ".Sh SETTINGS", "node": ".Ss Settings of a node",
            "router": ".Ss Settings of a router", "check": ".Ss Settings of a check",
            "group": ".Ss Settings of a group"}


def text_of(*path):
    with open(os.path.join(ROOT, *path), encoding="utf-8") as file:
        return file.read()


def said_by(program, *arguments):
    return subprocess.run([os.path.join(BUILD, program), *arguments], check=True, text=True,
                          stdout=subprocess.PIPE, timeout=20).stdout


def options_in(page):
    """What the macro Fl marks in a piece of a manual page, as it is typed."""
    found = set()
    for line in page.splitlines():
        is_option = False
        for word in line.lstrip(".").split():
            if word == "Fl":
                is_option = True
            elif re.fullmatch(r"-?[a-z][a-z-]*", word) and is_option:
                found.add(f"-{word}")
            elif word not in (",", "|"):
                is_option = False
    return found


def part(page, start, ends):
    """From a line to the next one that begins with one of the ends."""
    lines = page.splitlines()
    first = lines.index(start) + 1
    last = next((at for at in range(first, len(lines)) if lines[at].startswith(ends)), len(lines))
    return "\n".join(lines[first:last])


def entries(page, macro):
    """The entries of a list by their names; several headings in a row share what follows."""
    found = collections.defaultdict(str)
    names = []
    depth = 0
    has_text = True
    for line in page.splitlines():
        heading = re.match(rf"\.It {macro} (.*)", line)
        if heading and depth <= 1:
            names = [] if has_text else names
            names.append(heading[1])
            has_text = False
        elif not line.startswith(".It"):
            has_text = True
        depth += line.startswith(".Bl") - line.startswith(".El")
        for name in names:
            found[name] += line + "\n"
    return found


# ---- tandemctl ---------------------------------------------------------------------------------


def verbs_of_tandemctl():
    """Each verb with its options, and those of all verbs under EVERYWHERE."""
    verbs = collections.defaultdict(set)
    parents = set()
    for line in said_by("tandemctl", "completion", "fish").splitlines():
        if not line.startswith("complete -c tandemctl "):
            continue
        place = re.search(r"__tandemctl_(at|after) \"([^\":]*)", line)
        if place and place[1] == "at":
            words = re.search(r" -a '([^('][^']*)'", line)
            if words and (place[2] == EVERYWHERE or place[2] == "hooks"):
                parents.add(place[2])
                for word in words[1].split():
                    verbs[f"{place[2]} {word}".strip()].update()
            continue
        verbs[place[2] if place else EVERYWHERE] |= {
            f"--{name}" if kind == "l" else f"-{name}"
            for kind, name in re.findall(r" -([ls]) (\S+)", line)}
    return {verb: options for verb, options in verbs.items()
            if verb == EVERYWHERE or verb not in parents}


def manual_of_tandemctl():
    """The text of each verb's entries, and that of the options of all verbs."""
    page = text_of("man", "tandemctl.8")
    described = collections.defaultdict(str)
    for heading, text in entries(part(page, "The verbs are:", ".Sh"), "Cm").items():
        # The words before the first macro or argument: "hooks rerun Op Ar name".
        words = re.match(r"[a-z-]+(?: [a-z]+)*", heading)
        described[words[0]] += text
    described[EVERYWHERE] = part(page, "The options may stand before or after the verb:", ".Sh")
    return described


def test_tandemctl_has_its_verbs_in_the_manual_and_no_others():
    assert set(manual_of_tandemctl()) == set(verbs_of_tandemctl())


def test_every_option_of_tandemctl_is_described_where_it_belongs():
    described = manual_of_tandemctl()
    missing = {verb: options - options_in(described[verb])
               for verb, options in verbs_of_tandemctl().items()}
    assert {verb: options for verb, options in missing.items() if options} == {}


def test_the_manual_gives_no_verb_of_tandemctl_an_option_that_it_lacks():
    verbs = verbs_of_tandemctl()
    for verb, text in manual_of_tandemctl().items():
        headings = "\n".join(line for line in text.splitlines() if line.startswith(".It "))
        assert options_in(headings) <= verbs[verb] | verbs[EVERYWHERE], verb
    assert options_in(text_of("man", "tandemctl.8")) <= set.union(*verbs.values())


def test_the_synopsis_and_the_help_of_tandemctl_have_all_verbs_and_options():
    verbs = verbs_of_tandemctl()
    options = set.union(*verbs.values())
    synopsis = part(text_of("man", "tandemctl.8"), ".Sh SYNOPSIS", ".Sh")
    named = re.findall(r"[a-z-]+(?: rerun)?", " ".join(
        re.findall(r"(?:^\.|\s)Cm (.*)", synopsis, re.MULTILINE)))
    assert set(verbs) - {EVERYWHERE} - set(named) == set()
    # What has a short form too may stand there with that alone.
    assert options - options_in(synopsis) <= {"--verbose", "--follow"}
    told = said_by("tandemctl", "--help").replace("tandemd --check", "")
    assert {verb for verb in verbs if not re.search(rf"(^  |, ){verb}\b", told, re.MULTILINE)
            } - {EVERYWHERE} == set()
    assert set(re.findall(r"(?<![\w-])--?[a-z][\w-]*", told)) == options


# ---- the other programs ------------------------------------------------------------------------


@pytest.mark.parametrize("program", ["tandemd", "tandem-exporter"])
def test_a_program_has_the_options_of_its_manual(program):
    told = re.findall(r"(?:^|,) *(--?[a-z][\w-]*)", said_by(program, "--help"), re.MULTILINE)
    page = text_of("man", f"{program}.8")
    described = options_in("\n".join(re.findall(r"^\.It Fl.*", page, re.MULTILINE)))
    assert described | {"-h"} == set(told) | {"-h"}
    # The page of the daemon names -h nowhere: CLI11 has given it.
    assert options_in(part(page, ".Sh SYNOPSIS", ".Sh")) | {"-h"} == set(told) | {"-h"}


# ---- the configuration -------------------------------------------------------------------------


def tables():
    """The names in each table of settings, and those that are of a later version."""
    known, later = collections.defaultdict(set), set()
    for path in sorted(glob.glob(os.path.join(ROOT, "src", "config", "*.cpp"))):
        is_of_checks = path.endswith("check_reader.cpp")
        for table in re.finditer(r"^constexpr [^\n]*\b(\w+)_settings\b[^\n]*\{$(.*?)^\}",
                                 text_of(path), re.MULTILINE | re.DOTALL):
            for kind, name, rest in re.findall(r'^    (?:\{|(\w+)<[^"]*>\()"(\w+)"(.*)',
                                               table[2], re.MULTILINE):
                if kind == "later" or rest.startswith(", nullptr"):
                    later.add(name)
                else:
                    known["check" if is_of_checks else table[1]].add(name)
    return known, later


def settings_in(section):
    """The entries of a part of tandem.conf(5), by the name of the setting."""
    found = collections.defaultdict(str)
    for heading, text in entries(part(text_of("man", "tandem.conf.5"), section, (".Sh", ".Ss")),
                                 "Ic").items():
        found[heading.split()[0]] += text
    return found


def test_the_tables_of_settings_are_found():
    known, later = tables()
    assert set(known) == set(SECTIONS) | set(INNER)
    assert {"interface", "vrid"} <= known["router"] and {"every", "url"} <= known["check"]
    assert {"control", "track_own_interface"} <= later


@pytest.mark.parametrize("table", SECTIONS)
def test_every_setting_is_in_its_part_of_the_manual_and_no_other(table):
    assert set(settings_in(SECTIONS[table])) == tables()[0][table]


@pytest.mark.parametrize("table", INNER)
def test_every_setting_inside_another_is_in_its_entry(table):
    described = {}
    for section in SECTIONS.values():
        for name, text in settings_in(section).items():
            described.setdefault(name, text)
    entry = described[INNER[table]]
    settings = tables()[0][table]
    assert {name for name in settings if not re.search(rf"\b{name}\b", entry)} == set()
    listed = {name for line in re.findall(r"^\.It Cm (.*)", entry, re.MULTILINE)
              for name in re.findall(r"\w+", line)}
    assert listed <= settings


def test_settings_of_later_versions_are_those_that_the_manual_names():
    page = part(text_of("man", "tandem.conf.5"), ".Sh NOT SUPPORTED YET", ".Sh")
    named = {name for line in re.findall(r"^\.Ic (.*)", page, re.MULTILINE)
             for name in re.findall(r"\w+", line)}
    assert named - {"defaults"} == tables()[1]
