"""From a word to a class: what people call the classes of the data sets. Imports no torch."""

from collections.abc import Sequence

from registry.errors import BenchError, suggestion

WORDS = {
    "background": ("backdrop", "bg", "surroundings", "scene", "nothing"),
    "cat": ("kitten", "kitty", "feline", "tomcat", "tabby", "pussycat"),
    "dog": ("puppy", "pup", "doggy", "doggie", "canine", "hound", "pooch"),
}
"""Other words for a class; a data set's own names need not be here."""

ARTICLES = ("a ", "an ", "the ")


def named_class(text: str, classes: Sequence[str]) -> int:
    """Return the index of the class that `text` names: a class of the data set, or another word for it.

    Case, an article, a plural and underscores do not matter.

    Raises:
        BenchError: no class is called so; the message lists the names.

    >>> named_class("The puppies", ("background", "cat", "dog"))
    2
    """
    known = {_plain(word): i for i, name in enumerate(classes) for word in (*WORDS.get(_plain(name), ()), name)}
    wanted = _plain(text)
    for word in (wanted, wanted.removesuffix("s"), wanted.removesuffix("es"), f"{wanted.removesuffix('ies')}y"):
        if word in known:
            return known[word]
    near = suggestion(wanted, known)
    hint = f"; {near}" if near.startswith("did") else ""
    raise BenchError(f"no class is called '{text}'; the classes are {', '.join(classes)}{hint}")


def _plain(text: str) -> str:
    words = " ".join(text.casefold().replace("_", " ").split())
    return next((words.removeprefix(a) for a in ARTICLES if words.startswith(a)), words)
