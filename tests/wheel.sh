#!/usr/bin/env bash
# Build the wheel, install it in an environment of its own, and run a tiny suite from an empty folder.
# usage: tests/wheel.sh BIN   (BIN: the development environment's bin folder; its packages are reused)
set -euo pipefail
bin=$(cd "$1" && pwd)
root=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$bin/python" -m build --quiet --wheel --no-isolation --outdir "$work" "$root"
"$bin/python" -m venv "$work/env"
# The dependencies are the development environment's; segbench itself must come from the wheel.
site=$("$bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
"$bin/uv" pip install --quiet --no-deps --python "$work/env/bin/python" "$work"/segbench-*.whl
own=$("$work/env/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
mkdir "$work/deps"
for entry in "$site"/*; do
    case "$(basename "$entry")" in
        *segbench*|bench|registry|reports|*.pth|__pycache__) ;;
        *) ln -s "$entry" "$work/deps/" ;;
    esac
done
echo "$work/deps" > "$own/deps.pth"

mkdir "$work/empty"
cd "$work/empty"
export SEGBENCH_CACHE="$work/cache"
"$work/env/bin/bench" --version
"$work/env/bin/bench" check quickstart pets_sample
cat > tiny.yaml <<'YAML'
name: tiny
datasets: [{name: shapes, trainval: 12, test: 4}]
models: [{name: background}, {name: unet, width: 2, size: 32, train: {epochs: 1}}]
perturbations: [{name: salt_and_pepper, strengths: [0.18]}]
YAML
"$work/env/bin/bench" run tiny.yaml
test -s runs/tiny/report.html
"$work/env/bin/python" -c 'import bench, sys; sys.exit(not bench.__file__.startswith(sys.prefix))'
echo "the wheel works from an empty folder"
