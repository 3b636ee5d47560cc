"""What the tests judge tokcore by, and what they try on both."""
