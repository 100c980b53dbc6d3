"""What the grid does not tell: certificates, contracts, supplier factors, fuel."""
