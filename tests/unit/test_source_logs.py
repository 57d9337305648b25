"""What libraries log while a source is asked has no secret in it."""

from __future__ import annotations

import logging

import pytest

from orchestration.collect.connectors.secrets import Secrets

LOG = logging.getLogger("a.library")


def test_message_arguments_and_errors_are_scrubbed_for_as_long_as_a_source_is_asked(
    caplog: pytest.LogCaptureFixture,
) -> None:
    secrets = Secrets({"TOKEN": "of-an-hour/alone"})
    word = secrets.get("TOKEN")
    with secrets.out_of_logs():
        LOG.warning("GET ?token=%s", "of-an-hour%2Falone")
        LOG.warning("%d %s", 403, {"Authorization": word})
        try:
            raise ValueError(f"no {word}")
        except ValueError:
            LOG.exception("failed")
    LOG.warning("afterwards %s", 1)
    lines = caplog.text.splitlines()
    assert [line.partition(".py:")[2].partition(" ")[2] for line in (lines[0], lines[1])] == [
        "GET ?token=‹TOKEN›",
        "403 {'Authorization': '‹TOKEN›'}",
    ]
    assert "ValueError: no ‹TOKEN›" in lines
    assert lines[-1].endswith("afterwards 1")
    assert word not in caplog.text
