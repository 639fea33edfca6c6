"""What a host's name tells of what serves it."""

from __future__ import annotations

import pytest

from grader.evaluation.hosts import MACHINES, PAGES, SERVERLESS, TUNNELS, kind_of


@pytest.mark.parametrize(
    ("host", "kind"),
    [
        ("k3x7.lambda-url.eu-west-1.on.aws", "serverless"),
        ("k3x7.execute-api.us-east-1.amazonaws.com", "serverless"),
        ("eu-west1-project.cloudfunctions.net", "serverless"),
        ("app-k3x7-uc.a.run.app", "serverless"),
        ("Ada.Azurewebsites.NET", "serverless"),
        ("ada.vercel.app", "serverless"),
        ("ada.workers.dev", "serverless"),
        ("ec2-3-5-7-9.eu-west-1.compute.amazonaws.com", "machine"),
        ("ec2-3-5-7-9.compute-1.amazonaws.com", "machine"),
        ("9.7.5.3.bc.googleusercontent.com", "machine"),
        ("ada.westeurope.cloudapp.azure.com", "machine"),
        ("app.3.5.7.9.nip.io", "machine"),
        ("3.5.7.9", "machine"),
        ("[2606:4700::1111]", "machine"),
        ("2130706433", "machine"),
        ("0x7f.1", "machine"),
        ("ada.ngrok-free.app", "tunnel"),
        ("ada.duckdns.org", "tunnel"),
        ("ada-1.elb.amazonaws.com", "unknown"),
        ("d111.cloudfront.net", "unknown"),
        ("ada.fly.dev", "unknown"),
        ("ada-app.hf.space", "unknown"),
        ("ada.dev", "unknown"),
        ("evil-vercel.app", "unknown"),
        ("vercel.app.ada.dev", "unknown"),
        ("www.github.com", "page"),
        ("gist.github.com", "page"),
        ("docs.aws.amazon.com", "page"),
        ("docs.ada.dev", "page"),
        ("localhost", "nobody"),
        ("printer", "nobody"),
        ("pi.local", "nobody"),
        ("api.example.com", "nobody"),
    ],
)
def test_kinds(host: str, kind: str) -> None:
    assert kind_of(host) == kind


def test_no_name_is_in_two_tables() -> None:
    names = [*SERVERLESS, *MACHINES, *TUNNELS, *PAGES]
    assert len(names) == len(set(names))
