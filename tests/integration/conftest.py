"""What the tests of the warehouse share."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from hand_made import ROOT, World


@pytest.fixture(scope="session")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the dbt project and its seeds, so that a test can write overrides."""
    folder = tmp_path_factory.mktemp("dbt")
    shutil.copytree(ROOT / "dbt_project", folder / "dbt_project")
    (folder / "seeds").mkdir()
    for source in (ROOT / "seeds").glob("*.csv"):
        shutil.copy(source, folder / "seeds" / source.name)
    return folder


@pytest.fixture(scope="session")
def small_worlds(workspace: Path) -> World:
    """Warehouses in memory, one after the other."""
    return World(workspace)
