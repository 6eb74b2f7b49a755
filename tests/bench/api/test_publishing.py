"""`bench publish`: what is in the folder and on the hub, what is refused, what is never overwritten."""

import base64
import csv
import json
import shutil
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
import yaml
from huggingface_hub import ModelCard, constants
from huggingface_hub.repocard_data import model_index_to_eval_results

from bench.api.publishing import publish
from bench.cli.app import main
from registry.errors import BenchError


@pytest.fixture(scope="module")
def published_run(tmp_path_factory):
    """Return the folder of one finished run, which no test changes."""
    from bench.api.door import run_and_draw
    from bench.host.screen import Screen
    from bench.runner.loop import Options
    from bench.suite import load_suite
    from tests.bench.conftest import TINY

    place = tmp_path_factory.mktemp("published")
    (place / "tiny.yaml").write_text(TINY)
    run_and_draw(load_suite(place / "tiny.yaml"), Options(place / "run", device="cpu"), Screen())
    return place / "run"


@pytest.fixture
def run(published_run, tmp_path):
    """Return a copy of the run's folder."""
    return shutil.copytree(published_run, tmp_path / "run")


def ranked(folder):
    with (folder / "ranking.csv").open(newline="") as lines:
        return list(csv.DictReader(lines))


def card_of(path):
    """Return the metadata of a card as a plain YAML reader sees it."""
    return yaml.safe_load(path.read_text(encoding="utf-8").split("---\n")[1])


def test_a_folder_has_the_page_the_tables_the_figures_and_the_card(run, tmp_path):
    """The page is the report; the tables are those of the run; no cell, no path of this machine."""
    place = publish(run, str(tmp_path / "site"))
    site = tmp_path / "site"
    assert place == str(site / "index.html")
    assert (site / "index.html").read_bytes() == (run / "report.html").read_bytes()
    for name in ("summary.csv", "ranking.csv", "slices.csv", "table.md"):
        assert (site / name).read_bytes() == (run / name).read_bytes()
    assert {path.name for path in (site / "figures").iterdir()} == {path.name for path in (run / "figures").iterdir()}
    assert not (site / "cells").exists()
    assert not (site / "run.json").exists()
    assert str(tmp_path) not in (site / "README.md").read_text()


def test_the_card_has_the_results_of_every_model(run, tmp_path):
    """Read by the hub's own library, and as plain YAML: the numbers of ranking.csv with their intervals."""
    publish(run, str(tmp_path / "site"))
    index = card_of(tmp_path / "site" / "README.md")["model-index"]
    assert [one["name"] for one in index] == ["background", "net"]
    for one in index:
        name, results = model_index_to_eval_results([one])
        found = {(result.dataset_config, result.metric_type): result for result in results}
        for row in ranked(run):
            if row["model"] == name:
                result = found[row["scope"], row["metric"]]
                assert result.metric_value == float(row["value"])
                assert result.metric_args["interval_95"] == [float(row["low"]), float(row["high"])]
                assert (result.task_type, result.dataset_type) == ("image-segmentation", "shapes")
    card = ModelCard.load(tmp_path / "site" / "README.md")
    assert (card.data.library_name, card.data.pipeline_tag) == ("segbench", "image-segmentation")
    assert "| net |" in card.text


def test_publishing_again_replaces_what_was_published_and_nothing_else(run, tmp_path):
    """A file of the user's own stays; one that is not published any more goes."""
    site = tmp_path / "site"
    publish(run, str(site))
    (site / "CNAME").write_text("example.org")
    mark = json.loads((site / "published.json").read_text())
    from bench.host.checksum import of_file, seal

    (site / "old.csv").write_text("old")
    files = {**mark["files"], "old.csv": of_file(b"old")}
    (site / "published.json").write_text(json.dumps(seal({"format": 1, "files": files})))
    publish(run, str(site))
    assert (site / "CNAME").read_text() == "example.org"
    assert not (site / "old.csv").exists()
    assert "old.csv" not in json.loads((site / "published.json").read_text())["files"]


def test_a_folder_of_somebody_else_is_refused(run, tmp_path):
    """Whatever is in it; it stays as it is."""
    site = tmp_path / "site"
    site.mkdir()
    (site / "index.html").write_text("mine")
    with pytest.raises(BenchError, match="holds files that bench publish did not write; give a new or an empty folder"):
        publish(run, str(site))
    assert [path.name for path in site.iterdir()] == ["index.html"]
    assert (site / "index.html").read_text() == "mine"


def test_a_changed_file_is_not_overwritten(run, tmp_path):
    """Somebody has worked on it."""
    site = tmp_path / "site"
    publish(run, str(site))
    (site / "README.md").write_text("my own words")
    with pytest.raises(BenchError, match=r"README\.md was changed since it was published; move it"):
        publish(run, str(site))
    assert (site / "README.md").read_text() == "my own words"


def test_a_new_file_is_not_written_over_one_of_the_users(run, tmp_path):
    """It came between two publishings."""
    site = tmp_path / "site"
    publish(run, str(site))
    (run / "figures" / "extra.svg").write_text("<svg/>")
    (site / "figures" / "late.svg").write_text("mine")
    mark = json.loads((site / "published.json").read_text())["files"]
    from bench.api.published_folder import write_published

    files = {name: (site / name).read_bytes() for name in mark}
    with pytest.raises(BenchError, match=r"late\.svg was not written by bench publish"):
        write_published(site, {**files, "figures/late.svg": b"ours"})


@pytest.mark.parametrize("names", [["../victim"], ["/victim"], ["figures/../../victim"]])
def test_a_mark_that_names_files_elsewhere_is_not_believed(run, tmp_path, names):
    """Else it would say what is removed."""
    from bench.host.checksum import of_file, seal

    (tmp_path / "victim").write_text("here")
    site = tmp_path / "site"
    site.mkdir()
    content = seal({"format": 1, "files": dict.fromkeys(names, of_file(b"here"))})
    (site / "published.json").write_text(json.dumps(content))
    with pytest.raises(BenchError, match="did not write"):
        publish(run, str(site))
    assert (tmp_path / "victim").read_text() == "here"


def test_links_are_not_followed(run, tmp_path):
    """A link in the place of a folder or a file leads elsewhere."""
    (tmp_path / "other").mkdir()
    (tmp_path / "site").symlink_to(tmp_path / "other")
    with pytest.raises(BenchError, match="is a link"):
        publish(run, str(tmp_path / "site"))
    assert list((tmp_path / "other").iterdir()) == []


def test_a_damaged_run_is_refused_and_published_with_a_caution(run, tmp_path):
    """One digit of a table."""
    text = (run / "summary.csv").read_text().splitlines()
    text[1] = text[1].replace("0.", "0.1", 1)
    (run / "summary.csv").write_text("\n".join(text) + "\n")
    with pytest.raises(BenchError, match=r"is not published: .*summary\.csv.*--as-it-is") as caught:
        publish(run, str(tmp_path / "site"))
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "site").exists()
    publish(run, str(tmp_path / "site"), as_it_is=True)
    assert "**Caution:**" in (tmp_path / "site" / "README.md").read_text()


def test_an_unfinished_run_is_refused(run, tmp_path):
    """A cell is gone: its scores are not there."""
    from bench.record.run_folder import RunFolder

    folder = RunFolder(run)
    record = folder.record()
    counts = record.cells.model_copy(update={"total": record.cells.total + 2})
    folder.write_record(record.model_copy(update={"cells": counts}))
    with pytest.raises(BenchError, match="is not published: it is unfinished: 8 of 10 conditions have scores; mend it"):
        publish(run, str(tmp_path / "site"))


@pytest.mark.parametrize("to", ["s3://bucket", "https://huggingface.co/me/x"])
def test_other_places_are_refused(run, to):
    with pytest.raises(BenchError, match="give a folder, or hf://user/name"):
        publish(run, to)


def test_the_command(run, tmp_path, monkeypatch, capsys):
    """It prints the page; a folder that is no run is one line and 2."""

    def call(*words):
        monkeypatch.setattr(sys, "argv", ["bench", "publish", *map(str, words)])
        with pytest.raises(SystemExit) as stop:
            main()
        out = capsys.readouterr()
        return stop.value.code or 0, out.out, out.err

    assert call(run, "--to", tmp_path / "site") == (0, f"{tmp_path / 'site' / 'index.html'}\n", "")
    code, out, err = call(tmp_path, "--to", tmp_path / "site")
    assert (code, out, err.count("\n")) == (2, "", 1)


class Hub(BaseHTTPRequestHandler):
    """The few calls of the hub's protocol that a commit needs, on repositories in memory."""

    def log_message(self, *words):
        """Say nothing."""

    def _send(self, code, content=None, headers=()):
        body = json.dumps(content).encode() if not isinstance(content, bytes) else content
        self.send_response(code)
        for name, value in (("Content-Length", len(body)), *headers):
            self.send_header(name, str(value))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Authorization") != "Bearer hf_test":
            self._send(401, {"error": "no token"})
        elif self.path == "/api/repos/create":
            given = json.loads(body)
            name = f"{given['organization']}/{given['name']}"
            self.server.repos.setdefault(name, {".gitattributes": b""})
            self._send(200, {"url": f"{self.server.url}/{name}"})
        elif self.path == "/api/validate-yaml":  # of the card, before a commit
            given = json.loads(body)
            self.server.cards.append(given["content"])
            self._send(200, {"errors": [], "warnings": []})
        elif "/preupload/" in self.path:
            names = [one["path"] for one in json.loads(body)["files"]]
            files = [{"path": name, "uploadMode": "regular", "shouldIgnore": False} for name in names]
            self._send(200, {"files": files})
        else:
            self._commit(self.path.split("/api/models/")[1].split("/commit/")[0], body)

    def _commit(self, name, body):
        repo = self.server.repos[name]
        for line in map(json.loads, body.splitlines()):
            value = line["value"]
            if line["key"] == "file":
                repo[value["path"]] = base64.b64decode(value["content"])
            elif line["key"] == "deletedFile":
                del repo[value["path"]]
        self.server.commits += 1
        self._send(200, {"commitUrl": f"{self.server.url}/{name}/commit/1", "commitOid": "1" * 40})

    def do_GET(self):
        path = self.path.split("?")[0]
        name = "/".join(path.removeprefix("/api/models").strip("/").split("/")[:2])
        if name not in self.server.repos:
            self._send(404, {"error": "Repository not found"}, [("X-Error-Code", "RepoNotFound")])
            return
        repo = self.server.repos[name]
        if "/tree/" in path:
            tree = [{"type": "file", "path": one, "size": len(c), "oid": "0" * 40} for one, c in repo.items()]
            self._send(200, tree)
        elif "/resolve/" in path:
            file = path.split("/resolve/")[1].split("/", 1)[1]
            self._send(200, repo[file], [("ETag", '"x"'), ("X-Repo-Commit", "1" * 40)])
        else:
            self._send(200, {"id": name, "sha": "1" * 40})

    do_HEAD = do_GET


@pytest.fixture
def hub(monkeypatch, tmp_path):
    """Serve an empty hub, and let the library take it for the real one."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    server.repos, server.commits, server.cards = {}, 0, []
    server.url = f"http://127.0.0.1:{server.server_port}"
    Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setattr(constants, "ENDPOINT", server.url)
    monkeypatch.setattr(
        constants, "HUGGINGFACE_CO_URL_TEMPLATE", server.url + "/{repo_id}/resolve/{revision}/{filename}"
    )
    monkeypatch.setenv("HF_TOKEN", "hf_test")
    yield server
    server.shutdown()
    server.server_close()


@pytest.mark.filterwarnings("default")
def test_the_hub_gets_one_commit_with_all_files(hub, run, tmp_path):
    """The same files as in a folder, byte for byte; then again, without those that are gone."""
    assert publish(run, "hf://me/nets") == f"{hub.url}/me/nets"
    publish(run, str(tmp_path / "site"))
    site = {
        path.relative_to(tmp_path / "site").as_posix(): path.read_bytes()
        for path in (tmp_path / "site").rglob("*")
        if path.is_file()
    }
    repo = hub.repos["me/nets"]
    assert hub.commits == 1
    assert ["model-index" in text for text in hub.cards] == [True]
    assert repo.keys() - {".gitattributes"} == site.keys()
    assert all(repo[name] == content for name, content in site.items() if name != "published.json")
    first = next(iter(path for path in sorted((run / "figures").iterdir())))
    content = json.loads(repo["published.json"])
    assert f"figures/{first.name}" in content["files"]
    from bench.host.checksum import of_file, seal

    repo["old.csv"] = b"old"
    files = {**content["files"], "old.csv": of_file(b"old")}
    repo["published.json"] = json.dumps(seal({"format": 1, "files": files})).encode()
    publish(run, "hf://me/nets")
    assert "old.csv" not in repo
    assert hub.commits == 2


@pytest.mark.filterwarnings("default")
def test_a_repository_of_somebody_else_is_refused(hub, run):
    """Its card stays."""
    hub.repos["me/nets"] = {".gitattributes": b"", "README.md": b"mine"}
    with pytest.raises(BenchError, match=r"hf://me/nets has a README\.md that bench publish did not write"):
        publish(run, "hf://me/nets")
    assert hub.repos["me/nets"]["README.md"] == b"mine"
    assert hub.commits == 0


@pytest.mark.filterwarnings("default")
def test_without_a_token_it_is_one_line(hub, run, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "hf_other")
    with pytest.raises(BenchError, match=r"did not take me/nets: .*401.*log in with `hf auth login`") as caught:
        publish(run, "hf://me/nets")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("to", ["hf://nets", "hf://me/nets/more", "hf:///x", "hf://me/ne ts"])
def test_a_name_that_is_none_is_refused(run, to):
    with pytest.raises(BenchError, match="give hf://user/name"):
        publish(run, to)
