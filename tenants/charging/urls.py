"""Addresses of bookings once they are made, of sessions and hosts."""

from django.urls import path

from .views import booking, keypad, people, session

urlpatterns = [
    path("bookings/", booking.mine, name="bookings"),
    path("bookings/<uuid:uid>/", booking.one, name="booking"),
    path("bookings/<uuid:uid>/pay/", booking.pay, name="pay"),
    path("bookings/<uuid:uid>/bank/", booking.bank, name="bank"),
    path("bookings/<uuid:uid>/keypad/", keypad.type_code, name="keypad"),
    path("bookings/<uuid:uid>/cancel/", booking.cancel, name="cancel"),
    path("bookings/<uuid:uid>/calendar.ics", booking.ics, name="ics"),
    path("sessions/<uuid:uid>/", session.live, name="session"),
    path("sessions/<uuid:uid>/state/", session.state, name="session_state"),
    path("sessions/<uuid:uid>/stop/", session.stop, name="stop"),
    path("sessions/<uuid:uid>/extend/", session.extend, name="extend"),
    path("sessions/<uuid:uid>/receipt/", session.receipt, name="receipt"),
    path("q/<str:token>/", session.scanned, name="scanned"),
    path("q/<str:token>", session.scanned),
    path("q/<str:token>/start/", session.start, name="start"),
    path("scan/", session.scan, name="scan"),
    path("host/", people.host, name="host"),
    path("host/codes/<uuid:uid>/", people.code, name="host_code"),
    path("console/evses/<uuid:uid>/start/", people.remote_start, name="remote_start"),
]
