"""A lively hub to look at: who publishes and who listens, a day of it, and what answers while it runs."""
