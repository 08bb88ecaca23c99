"""How an institution stands with the county: its licences, verified rooms, credit grade, totals (A-08, A-09, B-18, A-29)."""
