"""Named lists of perturbations, each at its default strengths."""

PRESETS: dict[str, tuple[str, ...]] = {
    # University of Edinburgh, "Computer Vision Mini-Project", February 2025: items a to h in its order.
    "edinburgh_2025": (
        "additive_noise",
        "binomial_blur",
        "contrast_increase",
        "contrast_decrease",
        "brightness_increase",
        "brightness_decrease",
        "occlusion",
        "salt_and_pepper",
    ),
}
