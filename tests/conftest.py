"""Settings and fixtures that all tests share."""

import os
import signal

import pytest
import tiktoken
from hypothesis import HealthCheck, settings

import tokcore
from oracle.reference import NAMES, reference

settings.register_profile("default", max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("long", max_examples=5000, deadline=None, suppress_health_check=list(HealthCheck))
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))

# Shells have jobs in the background ignore it, which the programs they start take over: tests interrupt some.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session", params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="session")
def enc(name: str) -> tokcore.Tokenizer:
    return tokcore.get_encoding(name)


@pytest.fixture(scope="session")
def ref(name: str) -> tiktoken.Encoding:
    return reference(name)
