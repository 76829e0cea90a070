"""What the tests of the warehouse share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hand_made import SEEDED, World, compile_models, make_workspace, once


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of all processes that run tests."""
    folder = tmp_path_factory.getbasetemp()
    return folder.parent if os.environ.get("PYTEST_XDIST_WORKER") else folder


@pytest.fixture(scope="session")
def workspace(tmp_path_factory: pytest.TempPathFactory, shared: Path) -> Path:
    """A copy of the dbt project, in which dbt builds warehouses."""
    return make_workspace(tmp_path_factory.mktemp("dbt"), shared)


@pytest.fixture(scope="session")
def small_worlds(workspace: Path, shared: Path) -> World:
    """Warehouses in memory, one after the other."""
    return World(workspace / SEEDED, once(shared, "statements", lambda: compile_models(workspace)))
