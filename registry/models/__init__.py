"""The models: one file each. A leading underscore marks a file that is not an entry."""
