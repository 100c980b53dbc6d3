"""Reports of an organisation's greenhouse gases and energy: GHG Protocol, ESRS E1, VSME B3."""
