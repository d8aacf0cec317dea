"""What only sensors and gateways suffer: composable with any scenario, and labelled as faults in the truth."""
