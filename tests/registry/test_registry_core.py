"""A registry is a folder."""

import sys

import pytest

from registry import MODELS
from registry.core import Registry
from registry.errors import BenchError, suggestion
from registry.parameters import Parameters


@pytest.fixture
def animals(tmp_path, monkeypatch):
    """A package of entries: `cat` is good, `dog` has no ENTRY."""
    package = tmp_path / "animals"
    package.mkdir()
    for name, text in {"__init__": "", "cat": "ENTRY = 'meow'", "dog": "NAME = 1"}.items():
        (package / f"{name}.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    registry = Registry("animal", "animals", str)
    yield registry
    registry.remove_folders()
    for name in [n for n in sys.modules if n.split(".")[0] == "animals"]:
        del sys.modules[name]


def test_names_are_the_files_without_importing_them(animals):
    """The package's own file is no entry, and listing runs no entry's code."""
    assert animals.names() == ["cat", "dog"]
    assert "animals.dog" not in sys.modules


def test_looking_up_returns_the_entry(animals):
    """The file's ENTRY is the entry, the same object every time."""
    assert animals["cat"] == "meow"
    assert animals["cat"] is animals["cat"]


def test_a_misspelt_name_gets_a_suggestion(animals):
    """One line: what was given, and what was probably meant."""
    with pytest.raises(
        BenchError, match=r"^no animal named 'cta'; did you mean 'cat'\? \(one of your own needs --plugins DIR\)$"
    ):
        animals["cta"]


def test_a_file_without_an_entry_is_a_programming_fault(animals):
    """It is never skipped in silence."""
    with pytest.raises(TypeError, match="animals.dog.ENTRY must be a str"):
        animals["dog"]


@pytest.fixture
def mine(tmp_path):
    """A folder of the user's: `fox` uses the neighbour `_sound`, `emu` has no ENTRY."""
    folder = tmp_path / "mine"
    folder.mkdir()
    texts = {"fox": "from ._sound import SOUND as ENTRY", "_sound": "SOUND = 'what'", "emu": "NAME = 1"}
    for name, text in texts.items():
        (folder / f"{name}.py").write_text(text)
    return folder


def test_a_users_folder_is_one_more_folder(animals, mine):
    """Its files import under a name of their own, as do their neighbours; the shipped package stays as it is."""
    assert animals.add_folder(mine) == ["emu", "fox"]
    assert animals.names() == ["cat", "dog", "emu", "fox"]
    assert (animals["fox"], animals["cat"]) == ("what", "meow")
    assert sys.modules["segbench_plugins.animals.fox"].__file__ == str(mine / "fox.py")
    assert animals.added_folders == [mine]
    assert sys.modules["animals"].__path__ == [str(mine.parent / "animals")]


def test_the_faults_of_a_users_file_are_the_users(animals, mine):
    """One line, where a shipped file's fault keeps its traceback."""
    animals.add_folder(mine)
    with pytest.raises(BenchError, match=rf"^{mine}/emu.py has no ENTRY; end it with ENTRY = str"):
        animals["emu"]
    with pytest.raises(TypeError):
        animals["dog"]


def test_a_folder_with_a_taken_name_is_refused(animals, mine):
    """The name of a shipped entry, and nothing of the folder is added."""
    (mine / "cat.py").write_text("")
    with pytest.raises(BenchError, match=f"^{mine}/cat.py: the name 'cat' is taken by a shipped file; rename yours$"):
        animals.add_folder(mine)
    assert animals.names() == ["cat", "dog"]


def test_removed_folders_leave_what_is_shipped(animals, mine):
    """Entries that were looked up are forgotten with their modules; the shipped ones stay the same objects."""
    shipped = animals["cat"]
    animals.add_folder(mine)
    assert animals["fox"] == "what"
    animals.remove_folders()
    assert animals.names() == ["cat", "dog"]
    assert animals["cat"] is shipped
    assert not [name for name in sys.modules if name.startswith("segbench_plugins.animals")]
    with pytest.raises(BenchError, match="no animal named 'fox'"):
        animals["fox"]


def test_a_folder_that_is_added_again_is_read_anew(animals, mine, tmp_path):
    """As after an edit in a notebook: the entry and its hash are the new file's, other folders stay."""
    other = tmp_path / "other"
    other.mkdir()
    (other / "gnu.py").write_text("ENTRY = 'moo'")
    animals.add_folder(mine)
    animals.add_folder(other)
    before = animals["fox"], animals.source_hash("fox"), animals["gnu"], animals.source_hash("gnu")
    (mine / "_sound.py").write_text("SOUND = 'quite another sound'")
    assert (animals["fox"], animals.source_hash("fox")) == before[:2]
    (mine / "ape.py").write_text("ENTRY = 'ook'")
    assert animals.add_folder(mine) == ["ape", "emu", "fox"]
    assert animals["fox"] == "quite another sound"
    assert animals.source_hash("fox") != before[1]
    assert (animals["gnu"], animals.source_hash("gnu"), animals["ape"]) == (*before[2:], "ook")


def test_a_file_that_is_gone_is_forgotten_with_its_folder(animals, mine):
    """Until then the entry keeps its hash; never does it pass for a shipped one."""
    animals.add_folder(mine)
    before = animals["fox"], animals.source_hash("fox")
    (mine / "fox.py").rename(mine / "vixen.py")
    assert (animals["fox"], animals.source_hash("fox")) == before
    assert animals.add_folder(mine) == ["emu", "vixen"]
    assert (animals["vixen"], animals.source_hash("fox")) == ("what", None)
    with pytest.raises(BenchError, match="no animal named 'fox'"):
        animals["fox"]


def test_a_far_off_name_gets_the_list():
    """Without a near name the known ones are listed."""
    assert suggestion("zzz", ["b", "a"]) == "known: a, b"


def test_the_models_of_the_project_are_listed():
    """The shipped models."""
    assert {"background", "predictions", "smp", "unet"} <= set(MODELS.names())


class Width(Parameters):
    """One parameter."""

    width: int = 64


def test_a_label_has_what_differs_from_the_defaults():
    """Defaults are left out."""
    assert Width().suffix() == ""
    assert Width(width=32).suffix() == " (width=32)"


def test_a_version_is_the_entrys_own_or_the_hash_of_a_users_code(animals, mine):
    """A part of an entry may declare one of its own; a user's code stands for all of its parts."""
    animals.add_folder(mine)
    assert animals.version("cat", 3) == 3
    assert animals.version("an object of a program", 1) == 1
    assert animals.version("fox", 3) == animals.source_hash("fox")
    assert MODELS.version("unet") == MODELS["unet"].version


def test_an_unknown_name_tells_of_plug_ins_unless_some_were_given(animals, tmp_path):
    """Whoever forgot --plugins reads of it; with a folder of one's own it would mislead."""
    with pytest.raises(BenchError, match="one of your own needs --plugins DIR"):
        animals["unicorn"]
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "horse.py").write_text("ENTRY = 'neigh'\n")
    animals.add_folder(tmp_path / "own")
    with pytest.raises(BenchError, match=r"^no animal named 'unicorn'; known: cat, dog, horse$"):
        animals["unicorn"]
