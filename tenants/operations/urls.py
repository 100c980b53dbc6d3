"""Addresses of groups, roll-outs, firmware and configuration."""

from django.urls import path

from .views import groups, rollouts, templates

urlpatterns = [
    path("console/groups/", groups.groups, name="groups"),
    path("console/groups/<uuid:uid>/", groups.group, name="group"),
    path("console/groups/<uuid:uid>/change/", groups.change, name="group_change"),
    path("console/groups/<uuid:uid>/delete/", groups.delete, name="group_delete"),
    path("console/groups/<uuid:uid>/devices/", groups.put, name="group_put"),
    path("console/groups/<uuid:uid>/devices/<str:device>/take/", groups.take, name="group_take"),
    path("console/groups/<uuid:uid>/do/<slug:verb>/", groups.do, name="group_do"),
    path("console/actions/<uuid:uid>/", groups.action, name="group_action"),
    path("console/actions/<uuid:uid>/cancel/", groups.cancel, name="group_action_cancel"),
    path("console/actions/<uuid:uid>/retry/", groups.retry, name="group_action_retry"),
    path("console/firmware/", rollouts.firmware, name="firmware_images"),
    path("console/firmware/<uuid:uid>/withdraw/", rollouts.withdraw, name="firmware_withdraw"),
    path("console/rollouts/", rollouts.rollouts, name="rollouts"),
    path("console/rollouts/new/", rollouts.new, name="rollout_new"),
    path("console/rollouts/<uuid:uid>/", rollouts.rollout, name="rollout"),
    path("console/rollouts/<uuid:uid>/revert/", rollouts.revert, name="rollout_revert"),
    path("console/rollouts/<uuid:uid>/<slug:verb>/", rollouts.change, name="rollout_change"),
    path("console/configuration/", templates.templates, name="configuration_templates"),
    path("console/configuration/new/", templates.new, name="configuration_template_new"),
    path("console/configuration/<uuid:uid>/", templates.template, name="configuration_template"),
    path("console/configuration/<uuid:uid>/change/", templates.change, name="configuration_template_change"),
    path("console/configuration/<uuid:uid>/check/", templates.check, name="configuration_template_check"),
    path("console/configuration/<uuid:uid>/fix/", templates.fix, name="configuration_template_fix"),
    path("console/configuration/<uuid:uid>/delete/", templates.delete, name="configuration_template_delete"),
]
