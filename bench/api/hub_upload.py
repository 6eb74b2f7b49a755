"""Publishing on the Hugging Face hub, in one commit, by its own library: endpoint and token are the user's."""

import re
from collections.abc import Mapping
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from bench.api.published_folder import MARK, mark_of, published_names
from bench.host.checksum import of_file
from registry.errors import BenchError, in_one_line

if TYPE_CHECKING:
    from huggingface_hub import HfApi

NAME = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+")
_OF_THE_HUB = {".gitattributes"}
"""What a new repository holds."""


def check_name(name: str) -> None:
    """Raise BenchError where a name is not that of a repository, user/name."""
    if not NAME.fullmatch(name):
        raise BenchError(f"--to hf://{name}: give hf://user/name")


def upload(files: Mapping[str, bytes], name: str) -> str:
    """Commit files to the model repository user/name, which is made where it is missing; return its address.

    Files that an earlier publishing left over are removed by the same commit. Every version stays in its history.

    Raises:
        BenchError: the name is none, the hub cannot be reached or refuses, or the repository has a file of one of
            these names that was not published so.
    """
    check_name(name)
    from huggingface_hub import HfApi

    api = HfApi()
    try:
        api.create_repo(name, exist_ok=True)
        there = set(api.list_repo_files(name)) - _OF_THE_HUB
        known = _known(api, name) if MARK in there else {}
        foreign = sorted(one for one in there - known.keys() - {MARK} if one in files)
        if not foreign:
            gone = sorted(there & known.keys() - files.keys())
            return _commit(api, name, files, gone)
    except Exception as error:
        raise BenchError(
            f"the hub {api.endpoint} did not take {name}: {in_one_line(error)}; log in with `hf auth login` (or set "
            "HF_TOKEN) and look at the network"
        ) from error
    raise BenchError(f"hf://{name} has a {foreign[0]} that bench publish did not write; give another name")


def _known(api: "HfApi", name: str) -> dict[str, str]:
    with TemporaryDirectory() as folder:
        from pathlib import Path

        return published_names(Path(api.hf_hub_download(name, MARK, local_dir=folder)).read_bytes())


def _commit(api: "HfApi", name: str, files: Mapping[str, bytes], gone: list[str]) -> str:
    import json

    from huggingface_hub import CommitOperationAdd, CommitOperationDelete

    checksums = {one: of_file(content) for one, content in files.items()}
    every = {**files, MARK: json.dumps(mark_of(checksums), indent=1).encode()}
    add = [CommitOperationAdd(path_in_repo=one, path_or_fileobj=content) for one, content in every.items()]
    delete = [CommitOperationDelete(path_in_repo=one) for one in gone]
    api.create_commit(name, [*add, *delete], commit_message="Published by segbench")
    return f"{api.endpoint}/{name}"
