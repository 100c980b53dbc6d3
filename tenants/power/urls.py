"""Addresses of smart charging."""

from django.urls import path

from .views import console, needs

urlpatterns = [
    path("console/power/", console.home, name="power"),
    path("console/power/new/<uuid:location>/", console.new, name="power_new"),
    path("console/power/<uuid:uid>/", console.site, name="power_site"),
    path("console/power/<uuid:uid>/change/", console.change, name="power_change"),
    path("console/power/<uuid:uid>/remove/", console.remove, name="power_remove"),
    path("console/power/<uuid:uid>/evses/<uuid:evse>/", console.member, name="power_member"),
    path("console/power/<uuid:uid>/evses/<uuid:evse>/take/", console.take, name="power_take"),
    path("sessions/<uuid:uid>/needs/", needs.set_needs, name="session_needs"),
]
