"""The `lakehouse` command: what people type, and what it reads, prints and writes for them."""
