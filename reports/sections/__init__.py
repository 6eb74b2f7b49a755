"""The sections of the page, one file each: the name of the file is the anchor of the section."""
