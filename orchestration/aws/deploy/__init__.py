"""Deployment: the project packed by its content, uploaded, and the stacks brought to it."""
