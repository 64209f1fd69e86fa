"""What the features share: services, the interaction's context, the generation flow, the outbox and the scheduler."""
