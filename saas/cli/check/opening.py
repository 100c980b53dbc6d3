"""Brands, a reseller, a driver, the map."""

import re
import time
import uuid

from .story import Client, Json, Story, must, wait_for

HELSINKI = "658225"  # GeoNames
PRIVATE_LATITUDES = """
    SELECT l.uid::text, o.latitude FROM ampere.marketplace_listing l
    JOIN ampere.sites_evse e ON e.id = l.evse_id JOIN ampere.sites_location o ON o.id = e.location_id WHERE o.private
"""


def three_brands_differ_by_row(story: Story) -> str:
    seen = []
    for tenant in story.facts["tenants"]:
        page = story.client(tenant["schema"]).get("/").text
        shape = re.search(r"<html[^>]*\blang=\"(\w+)\"[^>]*\bdir=\"(\w+)\"", page)
        must(shape, f"{tenant['schema']}: no lang and dir on <html>")
        must(tenant["name"] in page, f"{tenant['schema']}: the brand's name is not on its page")
        seen.append((tenant["schema"], shape[1], shape[2], tenant["currency"]))  # type: ignore[index]
    must(("barq", "ar", "rtl", "AED") in seen, f"barq is not Arabic, right to left, AED: {seen}")
    return ", ".join(f"{schema} {language} {direction} {money}" for schema, language, direction, money in seen)


def a_reseller_signs_up_and_is_live(story: Story) -> str:
    platform = story.visitor(story.facts["platform"]["host"])
    begin = time.monotonic()
    fields = {
        "name": "Kaari Charging",
        "slug": "kaari",
        "colour_primary": "#7A1F3D",
        "colour_accent": "#2FA4A4",
        "language": "en",
        "currency": "EUR",
        "city": HELSINKI,
        "owner_name": "Kaari Owner",
        "owner_email": "owner@kaari.example",
        "owner_password": "a-long-enough-phrase-9",
    }
    platform.form("/start/", fields, expect=(201,))
    host = story.facts["platform"]["host"].replace("localhost", "kaari.localhost")
    page = story.visitor(host).get("/").text
    must("Kaari Charging" in page, "the new instance does not carry its name")
    return f"http://{host} live after {time.monotonic() - begin:.1f} s"


def a_driver_signs_up_and_is_verified(story: Story) -> str:
    driver = story.visitor(story.tenant("ampere")["host"])
    email = f"new-{uuid.uuid4().hex[:8]}@ampere.example"
    password = "rain-at-night-42"  # noqa: S105 - made up for this run
    driver.form("/accounts/signup/", {"email": email, "password1": password})
    token = driver.post("/auth/token", {"email": email, "password": password})["access_token"]
    story.told["driver"] = Client(story.place.web_port, driver.host, token)
    story.told["driver_token"] = token
    charger = story.charger("ampere", 0)["uid"]
    before = story.told["driver"].api(f"/chargers/{charger}")
    must(before.get("address") is None, "an unverified driver sees the address")
    story.told["driver"].post(
        "/me/identity", {"name": "Rain Driver", "licence_plate": "RAI-042", "vehicle_type": "SUV"}
    )
    operator = story.client("ampere", "operator")
    waiting = operator.api("/identity-reviews")["items"]
    mine = next((row for row in waiting if row["email"] == email), None)
    must(mine, "the operator does not see the identity that waits for review")
    operator.post(f"/identity-reviews/{mine['uid']}", {"accept": True})  # type: ignore[index]
    after = story.told["driver"].api(f"/chargers/{charger}")
    must(after.get("address"), "a verified driver does not see the address")
    return f"{email}, address of {charger[:8]} hidden before, shown after the operator's review"


def the_map_hides_private_positions(story: Story) -> str:
    visitor = story.client("ampere")

    def near() -> list[Json]:
        found: list[Json] = visitor.api("/chargers", near="60.1712,24.9443", radius_m=20000)["items"]
        return found

    found = near()
    must(len(found) >= 8, f"only {len(found)} chargers on the map")
    exact = dict(story.sql(PRIVATE_LATITUDES))
    leaks = [row["uid"] for row in found if row["uid"] in exact and abs(row["latitude"] - exact[row["uid"]]) < 1e-9]
    must(not leaks, f"exact position shown for {leaks}")
    ready = wait_for("chargers online", lambda: [row for row in near() if row["bookable"]], 30)
    return f"{len(found)} chargers, {len(ready)} bookable, {len(exact)} private ones at the centre of their H3 cell"
