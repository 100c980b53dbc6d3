"""Instruments, supplier factors and fuel out."""

from django.urls import URLPattern

urls: list[URLPattern] = []
