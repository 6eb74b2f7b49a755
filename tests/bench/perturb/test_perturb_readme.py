"""The README's code for a new perturbation works as it stands."""

from pathlib import Path

import torch

from bench.perturb import Perturbation
from bench.perturb.steps import Step, run_steps

README = Path(__file__).resolve().parents[3] / "README.md"


def test_the_readmes_perturbation_works() -> None:
    """Its code, read from the text, makes an entry that halves the light."""
    text = README.read_text(encoding="utf-8")
    code = text[text.index("**Perturbation**:") :].split("```python\n")[1].split("```")[0]
    names: dict[str, object] = {}
    exec(compile(code, "README.md", "exec"), names)
    entry = names["ENTRY"]
    assert isinstance(entry, Perturbation)
    images = torch.full((2, 3, 4, 5), 200, dtype=torch.uint8)
    step = Step("darken", entry, 0.5, entry.parameters())
    result = run_steps(images, [step], lambda _: [bytes(16)]).images
    assert result.unique().tolist() == [100]
