"""The package imagecorruptions 1.1.2 on a current stack: found without importing it, or imported with stand-ins.

It imports pkg_resources (gone since setuptools 82) and scipy.ndimage.interpolation (deprecated), uses
np.float_ (gone since NumPy 2) and `multichannel` of skimage's gaussian (gone since 0.26), and draws from
NumPy's global generator. Each of these is replaced in that package's own name space, so nothing outside it changes.
"""

import hashlib
import sys
import threading
import warnings
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from registry.errors import BenchError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

PACKAGE, VERSION = "imagecorruptions", "1.1.2"
# Of its corruptions.py: the repository's head is called 1.1.2 too, and the forks have the same import name.
_SHA256 = "adb5944eccfafe0118e777e3300c94420eab486556ca805ea101d3374d130cbb"
_BUSY = threading.Lock()


def package_folder() -> Path | None:
    """Return the installed package's folder without importing it; None where it is not installed."""
    spec = find_spec(PACKAGE)
    places = list(spec.submodule_search_locations or ()) if spec else []
    return Path(places[0]) if places else None


def installed() -> bool:
    """Return whether exactly this version is what would be imported: its relatives give other pixels."""
    folder = package_folder()
    code = folder / "corruptions.py" if folder else None
    return code is not None and code.is_file() and hashlib.sha256(code.read_bytes()).hexdigest() == _SHA256


class _StandIn:
    """A module with some of its names replaced."""

    def __init__(self, module: Any, **own: Any) -> None:
        self.__dict__.update(own, _module=module)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._module, name)


@cache
def package() -> Any:
    """Import the package with stand-ins and return it.

    Raises:
        BenchError: it is not installed, or another version or a fork is.
    """
    if not installed() or find_spec("skimage") is None:
        raise BenchError(
            "the backend imagecorruptions needs that package: pip install scikit-image; "
            f"pip install --no-deps {PACKAGE}=={VERSION} (without --no-deps it brings a second OpenCV)"
        )
    import scipy.ndimage

    resources, interpolation = ModuleType("pkg_resources"), ModuleType("scipy.ndimage.interpolation")
    folder = package_folder()
    resources.__dict__["resource_filename"] = lambda _, name: str(folder / name)
    interpolation.__dict__["map_coordinates"] = scipy.ndimage.map_coordinates
    stubs = {"pkg_resources": resources, interpolation.__name__: interpolation}
    before = {name: sys.modules.get(name) for name in stubs}
    sys.modules.update(stubs)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import imagecorruptions  # type: ignore[import-untyped]
    finally:
        for name, module in before.items():
            if module is None:
                del sys.modules[name]
            else:
                sys.modules[name] = module
    corruptions = imagecorruptions.corruptions
    corruptions.gaussian = _gaussian(corruptions.gaussian)
    return imagecorruptions


def _gaussian(original: Callable[..., Any]) -> Callable[..., Any]:
    def gaussian(image: Any, *args: Any, multichannel: bool = False, **kwargs: Any) -> Any:
        return original(image, *args, channel_axis=-1 if multichannel else None, **kwargs)

    return gaussian


def corrupt(image: "NDArray[np.uint8]", name: str, severity: int, numbers: Any) -> "NDArray[np.uint8]":
    """Return what the package makes of `image`, uint8 [H, W, 3] of at least 32x32, with random numbers from `numbers`.

    numbers: anything with the methods of `np.random.RandomState` (normal, uniform, poisson, randint); its
    `random_noise`, if it has one, stands in for skimage's, which otherwise gets a generator seeded from `randint`.
    One call at a time: the package's name space is shared.

    Raises:
        BenchError: the package is not there.
    """
    import numpy as np

    with _BUSY:  # threads that start together import it once
        module = package()
    import skimage

    def random_noise(image: Any, mode: str, amount: float) -> Any:
        return skimage.util.random_noise(image, mode, rng=numbers.randint(2**31), amount=amount)  # type: ignore[no-untyped-call]

    noise = getattr(numbers, "random_noise", random_noise)
    with _BUSY, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module.corruptions.np = _StandIn(np, float_=np.float64, random=numbers)
        module.corruptions.sk = _StandIn(skimage, util=_StandIn(skimage.util, random_noise=noise))
        result: NDArray[np.uint8] = module.corrupt(image, severity=severity, corruption_name=name)
    return result
