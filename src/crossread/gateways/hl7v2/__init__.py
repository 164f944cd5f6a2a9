"""HL7 v2 over MLLP: orders in; status messages and reports out."""
