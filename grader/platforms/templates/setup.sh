#!/usr/bin/env bash
# Runs once, when the platform builds the autograder's image: system packages, the grader, the data set.
#
# AUTOGRADER_ROOT  the platform's folder, /autograder without it
# GRADER_PYTHON    a Python that has the grader already: then nothing is installed
# GRADER_DATA      a folder that holds the data set already: then nothing is downloaded
set -euo pipefail

root="${AUTOGRADER_ROOT:-/autograder}"
here="$root/source"
own="$root/grader"
. "$here/package.env"
mkdir -p "$own" "$root/results"
cd "$own"
export XDG_CACHE_HOME="$own/cache"

find_python() {
    for name in python3.13 python3.12 python3.11 python3; do
        if "$name" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' > /dev/null 2>&1; then
            command -v "$name"
            return
        fi
    done
}

if [ -n "${GRADER_PYTHON:-}" ]; then
    python="$GRADER_PYTHON"
else
    export DEBIAN_FRONTEND=noninteractive
    apt-get update
    apt-get install -y --no-install-recommends ca-certificates git python3 python3-venv
    # Isolation level 3 needs it, and a container that lets it work.
    apt-get install -y --no-install-recommends bubblewrap || echo "There is no bubblewrap here."
    found="$(find_python)"
    if [ -z "$found" ]; then
        apt-get install -y --no-install-recommends python3.11 python3.11-venv
        found="$(find_python)"
    fi
    if [ -z "$found" ]; then
        echo "The grader needs Python 3.11 or newer. Choose a newer base image, such as Ubuntu 22.04 or 24.04."
        exit 1
    fi
    "$found" -m venv "$own/environment"
    python="$own/environment/bin/python"
    if [ -n "$wheel" ]; then
        "$python" -P -m pip install --no-cache-dir -- "$here/$wheel"
    else
        "$python" -P -m pip install --no-cache-dir -- "$requirement"
    fi
fi
"$python" -P -m grader --version
printf '%s\n' "$python" > "$own/python"

if [ -n "${GRADER_DATA:-}" ]; then
    printf '%s\n' "$GRADER_DATA" > "$own/data"
elif [ -n "$task" ]; then
    "$python" -P -m grader data fetch "$task"
fi

# The machine that grades may hold less than the one that builds: each run proves its level anew.
if ! "$python" -P -m grader doctor && [ "$plain" = no ]; then
    echo "Where no isolation level holds, nothing is graded, and nobody gets a zero. See README.md, Isolation."
fi
