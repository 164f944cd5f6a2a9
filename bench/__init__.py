"""What crossread costs, beside what others cost: one file a claim, each a ratio in one run."""
