"""Which of the benchmark's perturbations a network has met in training."""

from bench.suite.profiles import augmentation_by_class, for_class
from registry.recipe import Recipe


def seen_in_training(recipe: Recipe) -> tuple[str, ...]:
    """Return the names of the perturbations that a recipe's augmentation shows the network, in alphabetical order.

    One is seen if images of some class may go through a transform of its kind, whatever the strengths. A recipe
    of no epochs shows nothing.
    """
    augmentation, shown = recipe.augmentation, set[str]()
    by_class = augmentation_by_class(augmentation, 512, 512)
    for label in range(max(len(by_class), len(augmentation.copies))):
        if not recipe.epochs or (augmentation.copies and not for_class(augmentation.copies, label)):
            continue
        native, sized = for_class(by_class, label)
        possible = [step for step in (*native, *sized) if step.chance]
        shown.update(name for step in possible for transform in step.choices for name in transform.shows)
    return tuple(sorted(shown))
