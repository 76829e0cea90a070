"""Dagster: what is loaded, and materialised on sample documents. Skipped where the extra [dagster] is absent."""

from __future__ import annotations

from pathlib import Path

import pytest

dagster = pytest.importorskip("dagster", reason="the extra is not installed: pip install 'pledgebook[dagster]'")

from extract import orchestration  # noqa: E402
from extract.sources.settings import read_sources  # noqa: E402

SAMPLES = Path(__file__).resolve().parents[2] / "seeds" / "documents"


@pytest.fixture
def sources(tmp_path, monkeypatch):
    folder = tmp_path / "articles"
    folder.mkdir()
    for name in ("sudan-copenhagen.en.html", "unifil-contingents.ar.txt"):
        (folder / name).write_bytes((SAMPLES / name).read_bytes())
    path = tmp_path / "sources.toml"
    path.write_text('[run]\nwarehouse = "w.duckdb"\nmodel = "embedded"\n[[source]]\nname = "a"\nfolder = "articles"\n')
    monkeypatch.setenv("PLEDGEBOOK_SOURCES", str(path))
    return path


def test_documents_extraction_and_every_model_are_assets_that_materialise(sources):
    loaded = orchestration.defs() if callable(orchestration.defs) else orchestration.defs
    assert {one.name for one in loaded.schedules} == {"daily_schedule"}
    assert {one.name for one in loaded.sensors} == {"changed_files"}
    (assets,) = loaded.assets
    names = {key.path[-1] for key in assets.keys}
    assert names >= {"documents", "extraction", "contributions_by_country", "stg_extraction__records", "countries"}
    key = dagster.AssetKey(["marts", "contributions_by_country"])
    assert assets.asset_deps[dagster.AssetKey(["staging", "stg_extraction__records"])] == {orchestration.EXTRACTION}
    result = dagster.materialize([assets])
    assert result.success
    (event,) = [one for one in result.get_asset_materialization_events() if one.asset_key == key]
    assert event.materialization.metadata["dagster/row_count"].value > 0
    assert (sources.parent / "w.duckdb").exists()


def test_the_sensor_asks_for_a_run_when_a_file_changes(sources):
    sensor = next(iter((orchestration.defs() if callable(orchestration.defs) else orchestration.defs).sensors))
    first = sensor.evaluate_tick(dagster.build_sensor_context())
    assert len(first.run_requests) == 1
    again = sensor.evaluate_tick(dagster.build_sensor_context(cursor=first.cursor))
    assert (again.run_requests or [], again.skip_message) == ([], "no file has changed")
    (sources.parent / "articles" / "new.txt").write_text("A new text.")
    assert orchestration.state_of_files(read_sources(sources)) != first.cursor
