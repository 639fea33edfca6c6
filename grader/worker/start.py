"""The worker's first lines: `start.py ROLE FD REPOSITORY HARNESS SITE...`, run with `python -I -S`.

The search path is built here: the harness first, the standard library, the packages. The submission is never on
it: `grader.worker.load` finds its modules, so that nothing in it can stand in for a library.
"""

import socket
import sys


def main() -> None:
    role, fd, repository, harness, *sites = sys.argv[1:]
    sys.path[:0] = [harness]
    sys.path.extend(sites)
    sys.argv[:] = ["worker"]
    connection = socket.socket(fileno=int(fd))
    if role == "canary":
        from grader.worker.canary import serve as serve_canary

        serve_canary(connection)
    else:
        from grader.worker import trim

        trim.install()
        from grader.worker.main import serve

        serve(connection, repository)


if __name__ == "__main__":
    main()
