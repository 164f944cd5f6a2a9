"""Who takes part: hospitals, their endpoints and issuers, their readers, and what they agreed."""
