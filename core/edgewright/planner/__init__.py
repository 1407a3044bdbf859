"""From an impulse to tasks and keys: what is to be done, never how or where."""
