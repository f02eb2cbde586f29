/** Peers are installed apart (`npm --prefix bench/peers install`); an absent one is reported, never required. */
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const requirePeer = createRequire(new URL('../peers/package.json', import.meta.url));

/** The peer's module, or `undefined` where it is not installed; the caller names the part of its shape it uses. */
export async function loadPeer<Module>(name: string): Promise<Module | undefined> {
  try {
    return (await import(pathToFileURL(requirePeer.resolve(name)).href)) as Module;
  } catch {
    return undefined;
  }
}
