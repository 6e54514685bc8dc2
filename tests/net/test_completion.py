"""The completion scripts in the real shells: what somebody sees who presses the tab key."""

import os
import pty
import subprocess

import pytest
from daemons import BUILD, TANDEMCTL, pair_config
from lab import wait_until

# Asks for the last of the words, as bash does. `complete -p` says which function to ask.
ASK_BASH = """
source "$FOLDER/tandemctl"
eval "COMP_WORDS=($LINE)"
[[ $LINE == *' ' ]] && COMP_WORDS+=("")
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
compopt() { :; }
[[ $(complete -p tandemctl) =~ -F\\ ([^ ]+) ]]
"${BASH_REMATCH[1]}"
printf '%s\\n' "${COMPREPLY[@]}"
"""

# zsh completes only where somebody types. This is a .zshrc: at the first prompt it types the line,
# completes it as the tab key does, and writes down what fits.
ASK_ZSH = """
fpath=($FOLDER $fpath)
autoload -Uz compinit
compinit -u -d $FOLDER/dump
compadd() {
    local -a fitting
    builtin compadd -A fitting "$@"
    print -rl -- $fitting >>$FOLDER/answer
    builtin compadd "$@"
}
zle-line-init() {
    BUFFER=$LINE
    CURSOR=$#BUFFER
    zle complete-word
    exit 0
}
zle -N zle-line-init
"""

ASK_FISH = """
set -p fish_complete_path $FOLDER
complete --do-complete "$LINE"
"""

# Where each shell looks for the script of a command.
FILES = {"bash": "tandemctl", "zsh": "_tandemctl", "fish": "tandemctl.fish"}


def ask_plainly(command, environment):
    done = subprocess.run(command, env=environment, timeout=20, check=True, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert done.stderr == ""
    return done.stdout


def ask_zsh(environment):
    folder = environment["FOLDER"]
    with open(f"{folder}/.zshrc", "w", encoding="utf-8") as file:
        file.write(ASK_ZSH)
    ours, its = pty.openpty()
    with os.fdopen(ours, "rb", buffering=0) as terminal:
        zsh = subprocess.Popen(["zsh", "-d", "-i"], stdin=its, stdout=its, stderr=its,
                               start_new_session=True,
                               env={**environment, "ZDOTDIR": folder, "TERM": "vt100"})
        os.close(its)
        try:
            zsh.wait(20)
        finally:
            zsh.kill()
        shown = terminal.read(65536) if zsh.returncode else b""
    assert zsh.returncode == 0, shown
    if not os.path.exists(f"{folder}/answer"):
        return ""
    with open(f"{folder}/answer", encoding="utf-8") as file:
        return file.read()


@pytest.fixture(name="completed", params=FILES)
def fixture_completed(request, tmp_path):
    """What a shell offers at the end of `tandemctl` and some words."""
    shell = request.param
    script = subprocess.run([TANDEMCTL, "completion", shell], check=True, timeout=20,
                            stdout=subprocess.PIPE, text=True).stdout

    def completed(words, run_dir=None):
        at = f"--run-dir {run_dir} " if run_dir else ""
        folder = tmp_path / "shell"
        subprocess.run(["rm", "-rf", folder], check=True)
        folder.mkdir()
        (folder / FILES[shell]).write_text(script)
        environment = {"PATH": f"{BUILD}:{os.environ['PATH']}", "HOME": str(folder),
                       "FOLDER": str(folder), "LINE": f"tandemctl {at}{words}"}
        if shell == "zsh":
            return set(ask_zsh(environment).split())
        command = {"bash": ["bash", "--norc", "-c", ASK_BASH],
                   "fish": ["fish", "--no-config", "-c", ASK_FISH]}[shell]
        # fish may say more about a word, behind a tab.
        return {line.split("\t")[0] for line in ask_plainly(command, environment).splitlines()
                if line}

    return completed


def test_verbs_options_and_values(completed):
    assert completed("dr") == {"drain"}
    assert completed("und") == {"undrain"}
    assert {"status", "watch", "--json"} & completed("") == {"status", "watch"}
    assert completed("hooks ") == {"rerun"}
    assert completed("drain --f") == {"--for", "--force"}
    assert completed("--js") == {"--json"}
    assert completed("--color a") == {"auto", "always"}
    assert completed("completion ") >= {"bash", "zsh", "fish"}
    assert completed("version ") == set()


def test_names_of_routers_come_from_the_running_daemon(lab, completed):
    r1 = lab.tandem("r1", pair_config())
    wait_until(lambda: r1.state() == "active")
    assert completed("status ", run_dir=r1.run_dir) == {"lan"}
    assert completed("drain la", run_dir=r1.run_dir) == {"lan"}
    assert completed("drain --force ", run_dir=r1.run_dir) == {"lan"}
    assert completed("drain --for ", run_dir=r1.run_dir) == set()
    r1.kill()
    assert completed("status ", run_dir=r1.run_dir) == set()


def test_files_and_folders_are_completed(completed, tmp_path):
    (tmp_path / "a-file.conf").touch()
    (tmp_path / "a-folder").mkdir()

    def paths(words):
        """Their names alone: zsh completes the folders on the way one by one."""
        names = {os.path.basename(each.rstrip("/")) for each in completed(words)}
        return {name for name in names if name.startswith("a-")}

    assert "a-file.conf" in paths(f"check {tmp_path}/a-")
    assert paths(f"--run-dir {tmp_path}/a-") == {"a-folder"}
