"""What a run leaves behind: its folder, protocol, summary, measured strengths and speeds."""
