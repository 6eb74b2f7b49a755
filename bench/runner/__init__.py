"""The main job: check, train what is missing, evaluate what is missing, write down everything as it comes."""
