"""How an institution stands with the county: licences, verified rooms, credit, totals (A-08, A-09, A-29, B-18)."""
