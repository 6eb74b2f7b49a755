"""From a suite to what there is to do: data sets opened, jobs, cells, keys, the places of checkpoints."""
