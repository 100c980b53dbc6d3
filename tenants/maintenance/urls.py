"""Addresses of maintenance."""

from django.urls import URLPattern, path

from .queries.photos import SMALL
from .views import alerts, jobs, orders, outages, photos, rules

AT = "maintenance/"
PHOTOS = "jobs/<uuid:uid>/photos/"
urlpatterns: list[URLPattern] = [
    path(AT, alerts.home, name="maintenance"),
    path(f"{AT}acknowledge/", alerts.acknowledge, name="acknowledge_alerts"),
    path(f"{AT}alerts/<uuid:uid>/", alerts.alert, name="alert"),
    path(f"{AT}alerts/<uuid:uid>/resolve/", alerts.resolve, name="resolve_alert"),
    path(f"{AT}alerts/<uuid:uid>/comment/", alerts.comment, name="comment_alert"),
    path(f"{AT}units/<uuid:uid>/", alerts.unit, name="unit_log"),
    path(f"{AT}orders/", orders.board, name="work_orders"),
    path(f"{AT}orders/new/", orders.new, name="work_order_new"),
    path(f"{AT}orders/<uuid:uid>/", orders.order, name="work_order"),
    path(f"{AT}orders/<uuid:uid>/note/", orders.note, name="work_order_note"),
    path(f"{AT}orders/<uuid:uid>/<slug:verb>/", orders.step, name="work_order_step"),
    path(f"{AT}outages/", outages.outages, name="outages"),
    path(f"{AT}outages/<uuid:uid>/", outages.outage, name="outage"),
    path(f"{AT}risks/", outages.risks, name="risks"),
    path(f"{AT}silences/", rules.silences, name="silences"),
    path(f"{AT}silences/<uuid:uid>/end/", rules.end_silence, name="silence_end"),
    path(f"{AT}rules/", rules.rules, name="maintenance_rules"),
    path(f"{AT}rules/<uuid:uid>/remove/", rules.remove_rule, name="escalation_remove"),
    path(f"{AT}codes/", rules.fault_codes, name="fault_codes"),
    path(f"{AT}codes/<uuid:uid>/remove/", rules.remove_vendor_code, name="vendor_code_remove"),
    path("jobs/", jobs.jobs, name="jobs"),
    path("jobs/<uuid:uid>/", jobs.job, name="job"),
    path("jobs/<uuid:uid>/finish/", jobs.finish, name="job_finish"),
    path("jobs/<uuid:uid>/checklist/", jobs.tick, name="job_tick"),
    path("jobs/<uuid:uid>/note/", jobs.note, name="job_note"),
    path(PHOTOS, photos.add, name="photo_add"),
    path(f"{PHOTOS}<uuid:photo>/", photos.photo, name="photo"),
    path(f"{PHOTOS}<uuid:photo>/small/", photos.photo, {"size": SMALL}, name="photo_small"),
    path(f"{PHOTOS}<uuid:photo>/remove/", photos.remove, name="photo_remove"),
    path("jobs/<uuid:uid>/<slug:verb>/", jobs.step, name="job_step"),
]
