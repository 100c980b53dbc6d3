"""The worker as a process, on the test database."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import connection

from saas.kit.tenant_context import tenant_schema
from tenants.feed.models import Reader
from tests.saas.edge.door.serving import database_url


@contextmanager
def worker() -> Iterator["subprocess.Popen[bytes]"]:
    process = subprocess.Popen(
        [sys.executable, "-m", "saas.config.worker"],
        env={**os.environ, "DATABASE_URL": database_url()},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def reached(schema: str, seconds: float) -> bool:
    """Whether the job of a tenant has run: it leaves its place in the feed behind."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with tenant_schema(schema):
            if Reader.objects.filter(name="mail").exists():
                return True
        time.sleep(0.2)
    return False


@pytest.fixture
def forgotten(committed: None) -> Iterator[None]:
    yield
    for schema in ("ampere", "barq"):
        with tenant_schema(schema):
            Reader.objects.all().delete()


@pytest.mark.req("OPS-03", "TEN-03")
def test_jobs_run_for_every_tenant_survive_the_database_and_end_on_sigterm(forgotten: None) -> None:
    _leave_a_job_of_a_dead_worker("ampere")
    with worker() as process:
        assert reached("ampere", 25) and reached("barq", 5), _output(process)
        with tenant_schema("ampere"):
            Reader.objects.all().delete()
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
                "AND pid <> pg_backend_pid()"
            )
        assert reached("ampere", 30), _output(process)
        process.send_signal(signal.SIGTERM)
        assert process.wait(15) == 0


def _leave_a_job_of_a_dead_worker(schema: str) -> None:
    """It still holds the lock of its tenant's mails."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, lock, status, args) "
            "VALUES ('tenant', 'mails.one', %s, 'doing', %s)",
            [f"mails:{schema}", json.dumps({"schema": schema})],
        )


def _output(process: "subprocess.Popen[bytes]") -> str:
    process.kill()
    return (process.stdout.read() if process.stdout else b"").decode()[-3000:]
