"""Addresses of the console and of stations."""

from django.urls import path

from .views import commands, console, onboarding, policy, station, uploads

OF = "console/stations/<uuid:uid>/"

urlpatterns = [
    path("console/", console.console, name="console"),
    path("console/stations/<uuid:uid>/accept/", onboarding.accept, name="accept_station"),
    path("console/stations/<uuid:uid>/accept-here/", onboarding.accept_here, name="accept_station_here"),
    path("console/stations/<uuid:uid>/refuse/", onboarding.refuse, name="refuse_station"),
    path("console/station-policy/", policy.policy, name="station_policy"),
    path(OF, station.overview, name="station_page"),
    path(f"{OF}commands/", commands.commands, name="station_commands"),
    path(f"{OF}commands/<uuid:command>/", commands.command, name="station_command"),
    path(f"{OF}do/<slug:verb>/", commands.press, name="station_do"),
    path(f"{OF}configuration/", station.configuration, name="station_configuration"),
    path(f"{OF}configuration/set/", commands.set_value, name="station_set"),
    path(f"{OF}lists/", station.lists, name="station_lists"),
    path(f"{OF}lists/sync/", commands.sync_list, name="station_sync"),
    path(f"{OF}certificates/", station.certificates, name="station_certificates"),
    path(f"{OF}logs/", station.logs, name="station_logs"),
    path(f"{OF}logs/download/", station.download, name="station_log_download"),
    path(f"{OF}logs/fetch/", commands.fetch_log, name="station_fetch_log"),
    path(f"{OF}uploads/<uuid:upload>/", station.upload, name="station_upload"),
    path("api/v1/uploads/<str:token>/", uploads.put, name="station_file"),
    path("api/v1/uploads/<str:token>/<path:name>", uploads.put),
]
