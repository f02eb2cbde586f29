/**
 * Bundles the services for the container image: `node --conditions=source scripts/bundle.ts [--out dist/services]`.
 * One file per role, workspaces and packages inside; see docs/decisions/0001.
 */
import { copyFile, mkdir, readdir } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';

const root = join(import.meta.dirname, '..');
const { values } = parseArgs({
  options: { out: { type: 'string', default: join(root, 'dist', 'services') }, help: { type: 'boolean', short: 'h' } },
});
if (values.help === true) {
  console.log('usage: bundle.ts [--out FOLDER]   bundles services/*/main.ts, one file per service');
  process.exit(0);
}

/** Bundled CommonJS packages call require(); ES modules have none. */
const BANNER =
  "import { createRequire as perpsRequire } from 'node:module'; const require = perpsRequire(import.meta.url);";

const roles = (await readdir(join(root, 'services'))).filter((role) =>
  existsSync(join(root, 'services', role, 'main.ts')),
);
/** Threads of a service lie beside its main file, in the bundle under `<role>-<file>`. */
const workers = (
  await Promise.all(
    roles.map(async (role) => (await readdir(join(root, 'services', role))).map((file) => ({ role, file }))),
  )
)
  .flat()
  .filter(({ file }) => file.endsWith('-worker.ts'));
await mkdir(values.out, { recursive: true });
await build({
  absWorkingDir: root,
  entryPoints: [
    ...roles.map((role) => ({ in: `services/${role}/main.ts`, out: role })),
    ...workers.map(({ role, file }) => ({ in: `services/${role}/${file}`, out: `${role}-${file.replace('.ts', '')}` })),
  ],
  outdir: values.out,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node24',
  conditions: ['source', 'module'],
  mainFields: ['module', 'main'],
  sourcemap: true,
  banner: { js: BANNER },
  logLevel: 'warning',
});
// The curve's WebAssembly is read from beside the code that uses it.
const curve = dirname(fileURLToPath(import.meta.resolve('tiny-secp256k1')));
await copyFile(join(curve, 'secp256k1.wasm'), join(values.out, 'secp256k1.wasm'));
console.log(`bundled ${roles.join(', ') || 'nothing'} into ${values.out}`);
