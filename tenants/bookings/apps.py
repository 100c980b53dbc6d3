from django.apps import AppConfig


class BookingsConfig(AppConfig):
    name = "tenants.bookings"
