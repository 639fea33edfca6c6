"""What serves an address, as far as its host's name tells: a serverless function, a machine, or nobody can say.

Tables of names. Each name stands for itself and for all names below it; `*` is one label with anything in it. A service
that runs machines and functions under one name (a content network, a load balancer, Fly, Render, Railway, a Space of
Hugging Face) stands in neither list: a person looks.
"""

from __future__ import annotations

import ipaddress
import re
from typing import Literal

HostKind = Literal["serverless", "machine", "tunnel", "page", "nobody", "unknown"]
"""`page`: it documents, stores or shows something, and is nobody's own app. `nobody`: no name of the internet."""

SERVERLESS = (
    "lambda-url.*.on.aws",
    "execute-api.*.amazonaws.com",
    "cloudfunctions.net",
    "run.app",  # Cloud Run
    "azurewebsites.net",
    "azurestaticapps.net",
    "azurecontainerapps.io",
    "vercel.app",
    "now.sh",
    "netlify.app",
    "workers.dev",
    "pages.dev",
    "web.app",
    "firebaseapp.com",
    "deno.dev",
    "modal.run",
    "amplifyapp.com",
    "functions.supabase.co",
    "fcapp.run",
    "functions.fnc.*.scw.cloud",
)

MACHINES = (
    "compute.amazonaws.com",
    "compute-1.amazonaws.com",
    "compute.amazonaws.com.cn",
    "elasticbeanstalk.com",  # it starts EC2 machines
    "bc.googleusercontent.com",
    "cloudapp.azure.com",
    "cloudapp.net",
    "ip.linodeusercontent.com",
    "your-server.de",
    "sslip.io",  # the name is a bare address
    "nip.io",
    "xip.io",
)

TUNNELS = (
    "ngrok.io",
    "ngrok.app",
    "ngrok-free.app",
    "ngrok-free.dev",
    "ngrok.dev",
    "trycloudflare.com",
    "loca.lt",
    "localhost.run",
    "lhr.life",
    "serveo.net",
    "gradio.live",
    "devtunnels.ms",
    "ts.net",
    "duckdns.org",  # names for addresses that change: what stands there cannot be told
    "ddns.net",
    "no-ip.org",
    "hopto.org",
    "zapto.org",
    "dynu.net",
    "freeddns.org",
)

PAGES = (
    *("github.com", "*.github.com", "githubusercontent.com", "*.githubusercontent.com", "*.githubassets.com"),
    *("gitlab.com", "bitbucket.org", "shields.io", "*.shields.io", "badge.fury.io"),
    *("colab.research.google.com", "*.google.com", "google.com", "goo.gl", "kaggle.com", "nbviewer.org"),
    *(
        "huggingface.co",
        "hf.co",
        "pytorch.org",
        "*.pytorch.org",
        "tensorflow.org",
        "python.org",
        "*.python.org",
    ),
    *("numpy.org", "scikit-learn.org", "*.readthedocs.io", "readthedocs.org", "gradio.app", "streamlit.io"),
    *(
        "amazon.com",
        "*.aws.amazon.com",
        "aws.amazon.com",
        "cloud.google.com",
        "microsoft.com",
        "*.microsoft.com",
    ),
    *(
        "portal.azure.com",
        "vercel.com",
        "netlify.com",
        "cloudflare.com",
        "*.cloudflare.com",
        "fastapi.tiangolo.com",
    ),
    *("docker.com", "*.docker.com", "serverless.com", "wikipedia.org", "*.wikipedia.org", "arxiv.org"),
    *("youtube.com", "youtu.be", "medium.com", "*.medium.com", "towardsdatascience.com", "stackoverflow.com"),
    *("linkedin.com", "twitter.com", "x.com", "theschoolof.ai", "*.theschoolof.ai", "opensource.org"),
    *("creativecommons.org", "imgur.com", "*.imgur.com", "openai.com", "*.openai.com", "anthropic.com"),
    *("*.anthropic.com", "generativelanguage.googleapis.com", "api-inference.huggingface.co", "astral.sh"),
)
"""Exact names, with or without `www.`; `*.` stands for every name below."""

_NOBODY = re.compile(r"(?:.*\.)?(?:localhost|local|internal|test|invalid|example|example\.(?:com|org|net))")

_NUMERIC = re.compile(r"(0x[0-9a-f]*|[0-9]+)")


def kind_of(host: str) -> HostKind:
    """What a host is, by its name in ASCII."""
    name = host.lower().strip("[].")
    if is_bare(name):
        return "machine"
    if _NOBODY.fullmatch(name) or "." not in name:
        return "nobody"
    if _is_page(name.removeprefix("www.")):
        return "page"
    for kind, table in _TABLES:
        if any(_is_below(name, entry) for entry in table):
            return kind
    return "unknown"


_TABLES: tuple[tuple[HostKind, tuple[str, ...]], ...] = (
    ("machine", MACHINES),
    ("tunnel", TUNNELS),
    ("serverless", SERVERLESS),
)


def _is_page(name: str) -> bool:
    labels = name.split(".")
    above = (f"*.{'.'.join(labels[index:])}" for index in range(1, len(labels)))
    return name in PAGES or labels[0] == "docs" or any(one in PAGES for one in above)


def is_bare(name: str) -> bool:
    """Whether it is an address and no name, in every form that a browser takes: `2130706433`, `0x7f.1`."""
    try:
        ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return bool(_NUMERIC.fullmatch(name.rpartition(".")[2]))
    return True


def _is_below(name: str, entry: str) -> bool:
    wanted, given = entry.split("."), name.split(".")
    tail = given[-len(wanted) :]
    return len(tail) == len(wanted) and all(
        one in ("*", other) for one, other in zip(wanted, tail, strict=True)
    )
