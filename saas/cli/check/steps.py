"""The main job in order. Each step returns its evidence or raises Failed; later steps build on earlier ones."""

from . import charging, depot, knowledge, opening

STEPS = (
    opening.three_brands_differ_by_row,
    opening.a_reseller_signs_up_and_is_live,
    opening.a_driver_signs_up_and_is_verified,
    opening.the_map_hides_private_positions,
    charging.a_slot_is_held_once,
    charging.the_driver_pays,
    charging.power_comes_by_scan_and_by_code,
    charging.live_figures_move_every_second,
    charging.the_ingester_dies_and_nothing_is_lost,
    charging.the_adapter_ends_on_time_without_its_broker,
    charging.the_sessions_close_with_one_bill,
    charging.nothing_was_lost_or_doubled,
    charging.the_host_is_credited_line_by_line,
    charging.others_see_nothing,
    depot.cards_charge_at_ocpp_stations,
    depot.an_operator_calls_a_station,
    knowledge.real_sessions_are_imported,
    knowledge.the_pipelines_make_the_marts,
    knowledge.an_enterprise_downloads_its_report,
    knowledge.an_auditor_reckons_the_inventory_again,
    knowledge.a_fleet_manager_opens_the_dashboard,
)
