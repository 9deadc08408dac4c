// Writes the boards as Grafana reads them: node out/src/main.js FOLDER
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { BOARDS, asFile, fileName } from './boards';

const folder = process.argv[2];
if (!folder) {
  console.error('usage: node out/src/main.js FOLDER');
  process.exit(2);
}
mkdirSync(folder, { recursive: true });
for (const board of BOARDS) writeFileSync(join(folder, fileName(board)), asFile(board));
