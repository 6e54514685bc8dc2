"""The completion script in a real bash: what somebody sees who presses the tab key."""

import os
import shutil
import subprocess

import pytest
from daemons import pair_config
from lab import wait_until

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TANDEMCTL = os.path.join(ROOT, "build", "tandemctl")

# Asks for the last of the words, as bash does. `complete -p` says which function to ask.
ASK = """
source <("$1" completion bash)
shift
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
compopt() { :; }
[[ $(complete -p tandemctl) =~ -F\\ ([^ ]+) ]]
"${BASH_REMATCH[1]}"
printf '%s\\n' "${COMPREPLY[@]}"
"""


def completed(*words, run_dir=None):
    at = ["--run-dir", run_dir] if run_dir else []
    line = [TANDEMCTL, *at, *words]
    done = subprocess.run(["bash", "-c", ASK, "bash", TANDEMCTL, *line], timeout=20,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert done.stderr == ""
    return set(done.stdout.split())


def test_verbs_options_and_values():
    assert completed("dr") == {"drain"}
    assert {"status", "watch", "import"} & completed("") == {"status", "watch"}
    assert completed("drain", "--f") == {"--for", "--force"}
    assert completed("--color", "a") == {"auto", "always"}
    assert completed("completion", "") >= {"bash", "zsh", "fish"}


def test_names_of_routers_come_from_the_running_daemon(lab):
    r1 = lab.tandem("r1", pair_config())
    wait_until(lambda: r1.state() == "active")
    assert completed("status", "", run_dir=r1.run_dir) == {"lan"}
    assert completed("drain", "la", run_dir=r1.run_dir) == {"lan"}
    r1.kill()
    assert completed("status", "", run_dir=r1.run_dir) == set()


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_shells_understand_their_script(shell):
    if shutil.which(shell) is None:
        pytest.skip(f"there is no {shell} here")
    script = subprocess.run([TANDEMCTL, "completion", shell], check=True, stdout=subprocess.PIPE,
                            text=True).stdout
    subprocess.run([shell, "-n"], input=script, check=True, text=True, timeout=20)
