"""The examples in the documentation of the figures are true."""

import doctest
import importlib
import pkgutil

import pytest

import reports.svg


@pytest.mark.parametrize("name", [one.name for one in pkgutil.iter_modules(reports.svg.__path__)])
def test_examples(name):
    assert doctest.testmod(importlib.import_module(f"reports.svg.{name}")).failed == 0
