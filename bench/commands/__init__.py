"""What the commands do and print; `bench.cli` only parses."""
