"""The documentation against the programs: configurations, links, verbs and options.

A block of docs/*.md or README.md that is a complete configuration is announced by a comment, which
names the nodes that it is checked for:

    <!-- complete file: r1 r2 -->
    ```conf
    nodes: { ...

Hooks in it are below /etc/tandem/hooks; the test puts a program of its own in their place.
"""

import glob
import os
import re
import subprocess

import pytest

from daemons import ROOT, TANDEMD

DOCUMENTS = [*sorted(glob.glob(os.path.join(ROOT, "docs", "*.md"))),
             os.path.join(ROOT, "README.md")]
HOOKS = "/etc/tandem/hooks/"
COMPLETE = re.compile(r"<!-- complete file: ([\w ]+) -->\n```conf\n(.*?)^```",
                      re.MULTILINE | re.DOTALL)
ANNOUNCED = re.compile(r"<!-- complete file:")
LATER = {"import"}


def text_of(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def name_of(path):
    return os.path.relpath(path, ROOT)


def complete_files():
    """Each complete configuration as (where, node, text)."""
    for path in DOCUMENTS:
        text = text_of(path)
        for block in COMPLETE.finditer(text):
            line = text.count("\n", 0, block.start(2))
            for node in block[1].split():
                yield pytest.param(node, block[2], id=f"{name_of(path)}:{line}-{node}")


@pytest.mark.parametrize("node, text", complete_files())
def test_a_complete_configuration_has_no_errors(node, text, scripts, tmp_path):
    for hook in set(re.findall(re.escape(HOOKS) + r"([\w.-]+)", text)):
        text = text.replace(HOOKS + hook, scripts.make("#!/bin/sh\n", hook))
    file = tmp_path / "tandem.conf"
    file.write_text(text, encoding="utf-8")
    done = subprocess.run([TANDEMD, "--check", "--config", file, "--node", node],
                          capture_output=True, text=True, check=False, timeout=30)
    assert done.returncode == 0, done.stdout + done.stderr


def checked(text, node, scripts, folder):
    """What `tandemd --check` says of a configuration, with the path that users have."""
    file = folder / "tandem.conf"
    hook = scripts.make("#!/bin/sh\n", "edge")
    written = text.replace(HOOKS + "edge", hook)
    file.write_text(written, encoding="utf-8")
    done = subprocess.run([TANDEMD, "--check", "--config", file, "--node", node],
                          capture_output=True, text=True, check=False, timeout=30)
    # The hash is that of the text, which was another one.
    said = (done.stdout + done.stderr).replace(hash_of(written), hash_of(text))
    return said.replace(str(file), "/etc/tandem/tandem.conf")


def hash_of(text):
    """FNV-1a, 32 bits."""
    number = 2166136261
    for octet in text.encode():
        number = (number ^ octet) * 16777619 & 0xFFFFFFFF
    return f"{number:08x}"


def test_the_readme_shows_what_its_configurations_lead_to(scripts, tmp_path):
    text = text_of(os.path.join(ROOT, "README.md"))
    (_, minimal), (_, haproxy) = COMPLETE.findall(text)
    assert f"$ tandemd --check\n{checked(minimal, 'r1', scripts, tmp_path)}" in text
    assert f"healthy   config {hash_of(minimal)} " in text
    assert f"$ tandemd --check\n{checked(haproxy, 'lb1', scripts, tmp_path)}" in text
    weaker = haproxy.replace("penalty = 60", "penalty = 40")
    assert f"```\n{checked(weaker, 'lb1', scripts, tmp_path)}```" in text


@pytest.mark.parametrize("path", DOCUMENTS, ids=name_of)
def test_every_announced_configuration_is_found(path):
    text = text_of(path)
    assert len(COMPLETE.findall(text)) == len(ANNOUNCED.findall(text))


def test_the_guide_has_configurations():
    assert len(COMPLETE.findall(text_of(os.path.join(ROOT, "docs", "configuration.md")))) >= 10


def anchors_of(text):
    """The names that GitHub gives to headings."""
    headings = re.findall(r"^#+ (.*)$", without_blocks(text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def without_blocks(text):
    return re.sub(r"^ *```.*?^ *```", "", text, flags=re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("path", DOCUMENTS, ids=name_of)
def test_every_relative_link_leads_somewhere(path):
    wrong = []
    for link in re.findall(r"\]\(([^)\s]+)\)", without_blocks(text_of(path))):
        if re.match(r"[a-z]+:", link):
            continue
        place, _, anchor = link.partition("#")
        target = os.path.join(os.path.dirname(path), place) if place else path
        if not os.path.exists(target):
            wrong.append(link)
        elif anchor and anchor not in anchors_of(text_of(target)):
            wrong.append(link)
    assert wrong == []


def commands_of(program, text):
    """What stands behind a program's name in code, each as a list of words."""
    code = "\n".join(re.findall(r"^ *```.*?^ *```", text, re.MULTILINE | re.DOTALL)
                     + re.findall(r"`([^`\n]+)`", without_blocks(text)))
    behind = rf"(?<![\w/.-]){program}((?:[ \t]+[\w./'<>\[\]-]+)+)"
    return [rest.split() for rest in re.findall(behind, code)]


def manual(program):
    """The verbs and the long options that a program's manual page has."""
    page = text_of(os.path.join(ROOT, "man", f"{program}.8"))
    verbs = re.findall(r"^\.It Cm ([\w-]+)", page, re.MULTILINE)
    listed = re.findall(r"^\.It Cm (.*)", page, re.MULTILINE)
    more = [word for line in listed for word in re.findall(r", ([\w-]+)", line)]
    options = re.findall(r"(?:\bFl|,) -([a-z][\w-]*)", page)
    return {*verbs, *more}, set(options)


@pytest.mark.parametrize("path", DOCUMENTS, ids=name_of)
def test_every_verb_is_in_the_manual(path):
    verbs, _ = manual("tandemctl")
    assert {"status", "drain", "reload", "is-active"} <= verbs
    named = [words[0] for words in commands_of("tandemctl", text_of(path))]
    assert [verb for verb in named
            if re.fullmatch(r"[a-z][a-z-]*", verb) and verb not in verbs | LATER] == []


@pytest.mark.parametrize("program", ["tandemctl", "tandemd"])
@pytest.mark.parametrize("path", DOCUMENTS, ids=name_of)
def test_every_option_is_in_the_manual(path, program):
    verbs, options = manual(program)
    assert "json" in options or "check" in options
    unknown = []
    for words in commands_of(program, text_of(path)):
        is_later = words[0] in LATER - verbs
        unknown += [word for word in words
                    if word.startswith("--") and not is_later and word[2:] not in options]
    assert unknown == []
