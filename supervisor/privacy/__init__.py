"""What is owed to the people in the record: notice, consent, masking, the rights desk, the registers of who looked."""
