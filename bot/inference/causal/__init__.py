"""The causal model: two engines behind one protocol, their samplers, and scoring."""
