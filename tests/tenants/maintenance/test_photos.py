"""Photos of work orders: what is taken, what is left of it, who sees it, who removes it."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from PIL import Image

from saas.kit.errors import Refused
from saas.kit.home import home
from tenants.accounts.models import User
from tenants.maintenance import pictures
from tenants.maintenance.actions import orders, photos
from tenants.maintenance.errors import NoPhoto, PhotoTooLarge
from tenants.maintenance.models import OrderPhoto, WorkOrder
from tests import builders
from tests.builders import NOW
from tests.saas.web.conftest import now, visitor

from .story import Unit, later

__all__ = ["now"]  # the clock stands
pytestmark = [pytest.mark.req("MNT-05")]
SECRET = b"Helsinki harbour"


def picture(kind: str = "JPEG", size: tuple[int, int] = (64, 48), **more: Any) -> bytes:
    """Left half red, right half blue."""
    image = Image.new("RGB", size, "blue")
    image.paste("red", (0, 0, size[0] // 2, size[1]))
    held = BytesIO()
    image.save(held, kind, **more)
    return held.getvalue()


def located(orientation: int = 1) -> bytes:
    """A photo as a phone writes it: with its position, the camera, and how it was held."""
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = orientation, SECRET.decode()
    exif.get_ifd(0x8825).update({1: "N", 2: (60.0, 10.0, 10.5), 3: "E", 4: (24.0, 56.0, 7.4)})
    return picture(size=(64, 32), exif=exif.tobytes(), comment=SECRET)


def seen(data: bytes) -> Image.Image:
    return Image.open(BytesIO(data))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_what_is_a_photo_is_made_anew_as_jpeg(kind: str) -> None:
    kept = pictures.cleaned(picture(kind))
    full = seen(kept.full)
    assert (full.format, full.size, (kept.width, kept.height)) == ("JPEG", (64, 48), (64, 48))
    red, blue = full.getpixel((8, 24)), full.getpixel((56, 24))
    assert isinstance(red, tuple) and isinstance(blue, tuple)
    assert red[0] > 200 > 60 > red[2] and blue[2] > 200 > 60 > blue[0]


def test_position_camera_and_comment_are_gone_and_the_picture_stands_upright() -> None:
    sent = located(orientation=6)
    assert SECRET in sent and seen(sent).getexif().get_ifd(0x8825), "the photo that was sent has them"
    kept = pictures.cleaned(sent)
    for data in (kept.full, kept.small):
        assert not seen(data).getexif() and SECRET not in data and b"Exif" not in data
    assert (kept.width, kept.height) == (32, 64), "it was held upright"


def test_large_photos_become_smaller_and_have_a_preview() -> None:
    kept = pictures.cleaned(picture(size=(4000, 3000)))
    assert (kept.width, kept.height) == (2560, 1920) == seen(kept.full).size
    assert seen(kept.small).size == (480, 360)


def test_what_was_transparent_is_white() -> None:
    held = BytesIO()
    Image.new("RGBA", (8, 8), (0, 0, 0, 0)).save(held, "PNG")
    assert seen(pictures.cleaned(held.getvalue()).full).getpixel((4, 4)) == (255, 255, 255)


@pytest.mark.parametrize(
    "data",
    [b"", b"hello", b"<svg xmlns='http://www.w3.org/2000/svg'/>", picture("GIF"), picture("BMP"), picture()[:300],
     picture("PNG")[:60], b"\xff\xd8\xff\xe0" + bytes(200), b"%PDF-1.7"],
    ids=["empty", "text", "svg", "gif", "bmp", "half a jpeg", "half a png", "no jpeg", "pdf"],
)  # fmt: skip
def test_content_decides_what_a_photo_is(data: bytes) -> None:
    with pytest.raises(NoPhoto):
        pictures.cleaned(data)


def test_what_is_too_large_is_refused_before_it_is_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "MOST_PIXELS", 64 * 48 - 1)
    with pytest.raises(PhotoTooLarge):
        pictures.cleaned(picture("PNG"))
    monkeypatch.setattr(pictures, "MOST_BYTES", 10)
    with pytest.raises(PhotoTooLarge):
        pictures.cleaned(picture())


class World:
    """A job of a technician."""

    def __init__(self) -> None:
        self.boss, self.crew = builders.person("boss", "operator"), builders.person("crew", "technician")
        unit = Unit()
        unit.breaks()
        order = orders.order_for_alert(alert=unit.alert, job=None, by=self.boss, now=NOW)
        self.alert = unit.alert
        self.order = orders.step(order=order, verb="assign", by=self.boss, assignee=self.crew, now=NOW)

    def add(self, by: User | None = None, data: bytes = b"") -> OrderPhoto:
        return photos.add_photo(order=self.order, data=data or picture(), by=by or self.crew, now=later(1))

    @property
    def verbs(self) -> list[str]:
        return list(self.order.steps.order_by("pk").values_list("verb", flat=True))


@pytest.fixture
def world(ampere: object, now: object) -> Iterator[World]:
    yield World()


def files() -> list[Path]:
    return sorted((home().files / "ampere" / "work-orders").glob("*"))


def sent(client: Client, world: World, *data: bytes, back: str = "job") -> str:
    """The page after a form with these files."""
    held = [SimpleUploadedFile("IMG_1.HEIC", one, "text/html") for one in data]
    at = f"/jobs/{world.order.uid}/photos/"
    return client.post(at, {"photo": held, "back": back}, follow=True).content.decode()


pages = pytest.mark.django_db


@pages
def test_a_technician_adds_photos_and_everybody_of_the_job_sees_them(world: World) -> None:
    crew, boss = visitor(user=world.crew), visitor(user=world.boss)
    page = sent(crew, world, located(), picture("PNG"))
    first, second = OrderPhoto.objects.order_by("pk")
    at = f"/jobs/{world.order.uid}/photos/{first.uid}/"
    assert f'src="{at}small/"' in page and 'capture="environment"' in page
    for client in (crew, boss):
        answer = client.get(at)
        data = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
        assert (answer.headers["Content-Type"], answer.headers["Cache-Control"]) == ("image/jpeg", "private, no-store")
        assert SECRET not in data and seen(data).size == (64, 32)
        assert client.get(f"{at}small/").status_code == 200
    for path in (f"/maintenance/orders/{world.order.uid}/", f"/maintenance/alerts/{world.alert.uid}/"):
        assert str(second.uid) in boss.get(path).content.decode(), path
    assert world.verbs[-2:] == ["photo", "photo"] and first.added_by == world.crew


@pages
@pytest.mark.req("TEN-03", "TEN-04")
def test_nobody_else_sees_or_adds_one(world: World, barq: object) -> None:
    from saas.kit.tenant_context import tenant_schema

    with tenant_schema("ampere"):
        photo = world.add()
        others = [
            visitor(user=builders.person("outsider")), visitor(user=builders.person("other", "technician")),
        ]  # fmt: skip
    others.append(visitor("barq.localhost", builders.person("owner", "owner")))
    at = f"/jobs/{world.order.uid}/photos/"
    for client in others:
        assert [client.get(f"{at}{photo.uid}/").status_code, client.get(f"{at}{photo.uid}/small/").status_code] == [
            404
        ] * 2
        assert client.post(at, {"photo": SimpleUploadedFile("a.jpg", picture())}).status_code == 404
        assert client.post(f"{at}{photo.uid}/remove/").status_code == 404
    login = Client(headers={"host": "ampere.localhost"}).get(f"{at}{photo.uid}/")
    assert login.status_code == 302 and "/login" in login.headers["Location"]
    assert Client(headers={"host": "ampere.localhost"}).get(f"/files/{photo.uid}.jpg").status_code == 404
    with tenant_schema("ampere"):
        assert OrderPhoto.objects.count() == 1


@pages
def test_a_photo_of_another_job_is_none_of_this_one(world: World) -> None:
    photo = world.add()
    job = orders.order_by_hand(evse=world.order.evse, job=orders.Job("Other"), by=world.boss, now=NOW)
    boss = visitor(user=world.boss)
    assert boss.get(f"/jobs/{job.uid}/photos/{photo.uid}/").status_code == 404
    assert boss.get(f"/jobs/{world.order.uid}/photos/{photo.uid}/").status_code == 200


@pages
def test_who_added_it_removes_it_and_its_files_go_with_the_commit(
    world: World, django_capture_on_commit_callbacks: Any
) -> None:
    before = files()
    photo = world.add()
    assert len(files()) == len(before) + 2
    boss, crew = visitor(user=world.boss), visitor(user=world.crew)
    at = f"/jobs/{world.order.uid}/photos/{photo.uid}/remove/"
    assert "Only who added a photo" in boss.post(at, {"back": "order"}, follow=True).content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        assert "Photo removed" in crew.post(at, {"back": "job"}, follow=True).content.decode()
    assert not OrderPhoto.objects.exists() and files() == before
    assert world.verbs[-1] == "unphoto", "that there was one stays in the log"


@pages
@pytest.mark.slow
def test_a_work_order_has_a_dozen_at_most_and_none_when_it_is_over(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(photos, "MOST", 2)
    crew = visitor(user=world.crew)
    page = sent(crew, world, picture(), b"no photo")
    assert "Photo added" in page and "This is not a photo" in page
    world.add(by=world.boss)
    assert "as many photos" in sent(crew, world, picture())
    WorkOrder.objects.update(state="verified")
    with pytest.raises(Refused) as refusal:
        world.add()
    assert refusal.value.code == "work_order_wrong_step"
    assert "data-photos" not in crew.get(f"/jobs/{world.order.uid}/").content.decode()
    assert OrderPhoto.objects.count() == 2


@pages
def test_who_may_only_look_adds_nothing(world: World) -> None:
    finance = visitor(user=builders.person("finance", "finance"))
    assert "belongs to the technician" in sent(finance, world, picture(), back="order")
    assert not OrderPhoto.objects.exists()


@pages
def test_a_photo_that_cannot_be_written_leaves_no_row(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr("saas.kit.private_files.put", full)
    with pytest.raises(OSError, match="No space"):
        world.add()
    assert not connection.needs_rollback and not OrderPhoto.objects.exists()
