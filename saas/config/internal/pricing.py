"""Price suggestions in; searches without a result, price history and hosts' wishes out."""

from django.urls import URLPattern

urls: list[URLPattern] = []
