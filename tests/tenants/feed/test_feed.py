import pytest
from django.db import connection

from saas.tenancy.models import Tenant
from tenants.feed import queries
from tenants.feed.actions import publish
from tests.builders import NOW, Cast, cast, confirmed, listing


@pytest.fixture
def people(ampere: Tenant) -> Cast:
    return cast()


@pytest.mark.req("CHG-08", "TEN-04", "TEN-03")
def test_who_may_hear_what(people: Cast, barq: Tenant) -> None:
    connection.set_schema("ampere")
    _, session = confirmed(of=listing(host=people.host), by=people.driver)
    heard = {
        "map": {"driver", "host", "operator", "outsider", "nobody"},
        "charger:x": {"driver", "host", "operator", "outsider", "nobody"},
        f"session:{session.uid}": {"driver", "host", "operator"},
        f"user:{people.driver.uid}": {"driver"},
        "operations": {"operator"},
        "session:nonsense": set(),
        "charger:": set(),
        "map:x": set(),
        "everything": set(),
        "": set(),
    }
    listeners = {name: getattr(people, name) for name in ("driver", "host", "operator", "outsider")} | {"nobody": None}
    for audience, allowed in heard.items():
        may = {name for name, user in listeners.items() if queries.may_hear(user=user, audience=audience)}
        assert may == allowed, audience
    connection.set_schema("barq")
    assert not queries.may_hear(user=cast().owner, audience=f"session:{session.uid}")


@pytest.mark.req("CHG-08")
def test_events_are_read_on_from_an_id_and_told_by_notify(ampere: Tenant) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_schema()")
    first = publish(audience="map", kind="availability", data={"charger": "x"}, now=NOW)
    publish(audience="user:y", kind="booking", data={}, now=NOW)
    last = publish(audience="map", kind="availability", data={}, now=NOW)
    assert [e.id for e in queries.since(audiences=["map"], after_id=first.id)] == [last.id]
    assert len(queries.since(audiences=["map", "user:y"], after_id=0)) == 3
    assert len(queries.since(audiences=["map"], after_id=0, limit=1)) == 1
    assert queries.last_id() == last.id


@pytest.mark.req("CHG-08")
def test_the_notice_names_tenant_and_event_after_the_commit(committed: Tenant) -> None:
    import psycopg

    params = connection.get_connection_params()
    wanted = {key: params[key] for key in ("dbname", "user", "host", "port") if params.get(key)}
    with psycopg.connect(**wanted, autocommit=True) as ear:
        ear.execute("LISTEN wattlane_live")
        event = publish(audience="map", kind="availability", data={}, now=NOW)
        notices = list(ear.notifies(timeout=5, stop_after=1))
    assert [notice.payload for notice in notices] == [f"{committed.schema_name}:{event.id}"]
