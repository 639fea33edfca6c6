"""What git is told before it starts: its settings, and the little of our environment that it may see."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from grader.errors import GraderFault

_FLAGS = (
    "core.hooksPath=/dev/null",
    "core.symlinks=false",
    "core.fsmonitor=false",
    "core.attributesFile=/dev/null",
    "core.askPass=false",
    "credential.helper=",
    "protocol.ext.allow=never",
    "submodule.recurse=false",
    "fetch.recurseSubmodules=false",
    "fetch.unpackLimit=1",  # always one pack: checked as a whole, and one file to watch
    "transfer.fsckObjects=true",
    "fetch.fsckObjects=true",
    "gc.auto=0",
    "maintenance.auto=false",
    "pack.threads=1",
    "http.lowSpeedLimit=1000",
    "http.lowSpeedTime=60",
)
_HARMLESS = (
    "zeroPaddedFilemode",
    "zeroPaddedDate",
    "badTimezone",
    "badDate",
    "badDateOverflow",
    "missingSpaceBeforeDate",
    "missingSpaceBeforeEmail",
    "missingNameBeforeEmail",
    "missingEmail",
    "badEmail",
    "missingTaggerEntry",
    "badTagName",
    "badFilemode",
    "emptyName",
    "fullPathname",
    "hasDot",
    "hasDotdot",
    "hasDotgit",
    "gitmodulesMissing",
    "gitmodulesBlob",
    "gitmodulesParse",
    "gitmodulesName",
    "gitmodulesSymlink",
    "gitmodulesUrl",
    "gitmodulesPath",
    "gitmodulesUpdate",
    "gitattributesSymlink",
    "gitignoreSymlink",
    "mailmapSymlink",
)
"""Faults that git's check of incoming objects may overlook. Old tools made the first in honest repositories; the
names with dots and the .gitmodules matter only to a checkout and to submodules, and there are neither here."""

_PASSED_ON = (
    *(
        "PATH",
        "LD_LIBRARY_PATH",
        "GIT_SSL_CAINFO",
        "GIT_SSL_CAPATH",
        "SSL_CERT_FILE",
        "SSL_CERT_DIR",
    ),
    *("http_proxy", "https_proxy", "all_proxy", "no_proxy", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"),
)
_SSH = " ".join(
    (
        "ssh -F /dev/null",  # no configuration of a person's or a system's: it may name commands
        "-oBatchMode=yes -oConnectTimeout=20",
        "-oIdentityFile=none -oPasswordAuthentication=no -oKbdInteractiveAuthentication=no",  # the agent alone
        "-oStrictHostKeyChecking=yes -oUpdateHostKeys=no",  # nobody watches, so no unknown host is believed
        "-oForwardAgent=no -oForwardX11=no -oClearAllForwardings=yes -oPermitLocalCommand=no",
        "-oControlPath=none",
    )
)


def flags() -> list[str]:
    """The `-c` flags of every call."""
    settings = (*_FLAGS, *(f"fetch.fsck.{name}=ignore" for name in _HARMLESS))
    return [word for setting in settings for word in ("-c", setting)]


def settings(home: Path, protocols: str) -> dict[str, str]:
    """What git gets besides the names that are passed on. `protocols` is what it may use: "https", "ssh", "file"."""
    return {
        "HOME": str(home),
        "TMPDIR": str(home),
        "LC_ALL": "C",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ASKPASS": "false",
        "SSH_ASKPASS": "false",
        "SSH_ASKPASS_REQUIRE": "never",
        "GIT_SSH_COMMAND": _SSH,
        "GIT_LFS_SKIP_SMUDGE": "1",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_CEILING_DIRECTORIES": str(home.parent),
        "GIT_ALLOW_PROTOCOL": protocols,
        **_certificates(),
        **(_agent() if protocols == "ssh" else {}),
    }


def env_command() -> str:
    """Where `env` is; GraderFault where git is not."""
    env = shutil.which("env")
    if env is None or shutil.which("git") is None:
        raise GraderFault(
            "Git is not installed here.", "Install git 2.30 or later, and see that it is in PATH."
        )
    return env


def without_names(env: str, ours: dict[str, str]) -> list[str]:
    """`env -u NAME…` for every name that is withheld."""
    return [env, *(word for name in withheld(ours) for word in ("-u", name))]


def withheld(ours: dict[str, str]) -> list[str]:
    """The names of our environment that are neither passed on nor set by `ours`."""
    kept = {*_PASSED_ON, *ours, "LANGUAGE"}
    return [name for name in sorted(os.environ) if name not in kept]


def dying_with_us() -> list[str]:
    """What goes before a command so that the kernel kills it when we are killed; nothing where there is no such."""
    setpriv = shutil.which("setpriv", path="/usr/bin:/bin")
    return [setpriv, "--pdeathsig", "KILL", "--"] if setpriv else []


def _agent() -> dict[str, str]:
    """The ssh agent, for a call that talks by ssh and for no other."""
    socket = os.environ.get("SSH_AUTH_SOCK")
    return {"SSH_AUTH_SOCK": socket} if socket else {}


def _certificates() -> dict[str, str]:
    """Git reads its own name for the file of trusted certificates; the common one counts where it is not set."""
    common = os.environ.get("SSL_CERT_FILE")
    return {"GIT_SSL_CAINFO": common} if common and "GIT_SSL_CAINFO" not in os.environ else {}
