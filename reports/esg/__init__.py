"""The ESG report of charging: energy, greenhouse gas and avoided petrol, so that an auditor can reckon it again."""
