"""`lowlogit doctor`: what is installed, which device, which teachers are at hand."""

import argparse
import platform
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from lowlogit_edu.cli.common import is_address, own_version, say
from lowlogit_edu.cli.served import costs, open_server, server_options
from lowlogit_edu.core.errors import EXTRAS, ArgumentError, LowLogitError
from lowlogit_edu.oracles.pretrained import embedded_folder

HELP = "What is installed, which device, which teachers are at hand."
EPILOG = """\
What is here; what a server does:

  lowlogit doctor
  lowlogit doctor --teacher http://127.0.0.1:8080 --alphabet 0-511 --beginning-token 0
"""
PACKAGES = "numpy scipy matplotlib plotly torch transformers safetensors cvxpy ipywidgets jupyterlab httpx2 distributed"


def options(command: argparse.ArgumentParser) -> None:
    command.add_argument("--teacher", help="address of a completion server to probe, http://...")
    server_options(command)


def run(args: argparse.Namespace) -> dict[str, Any]:
    if args.teacher is not None:
        return _probed(args)
    found: dict[str, Any] = {"lowlogit_edu": own_version(), "python": platform.python_version()}
    # Versions from what pip wrote down: a package that is broken, or slow to import, gets its line too.
    for name in PACKAGES.split():
        found[name] = _installed(name)
    try:
        import torch

        found["device"] = torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu"
        found["threads"] = torch.get_num_threads()
    except ImportError:
        found["device"] = "no torch"
    try:
        found["embedded teacher"] = str(embedded_folder())
    except LowLogitError as error:
        found["embedded teacher"] = str(error)
    found["other teachers"] = "a folder made by save_pretrained, or a Hugging Face id (needs a network; not tried here)"
    if not args.json:
        for name, value in found.items():
            say(f"{name:>18}  {value}")
    return found


def _probed(args: argparse.Namespace) -> dict[str, Any]:
    """What a server does, and what a thousand prefixes cost there."""
    if not is_address(args.teacher):
        raise ArgumentError(f"doctor probes servers only, such as http://127.0.0.1:8080; got {args.teacher!r}.")
    oracle = open_server(args)
    if not args.json:
        say(costs(oracle, prefixes=1000, length=8))
    return {"report": asdict(oracle.report), "strategy": oracle.strategy.name, "plan": asdict(oracle.plan(1000))}


def _installed(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        wanted = f'"lowlogit_edu[{EXTRAS[name]}]"' if name in EXTRAS else name
        return f"missing: pip install {wanted}"
