/** Peers are installed apart (`npm --prefix bench/peers install`); an absent one is reported, never required. */
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const PEERS = new URL('../peers/', import.meta.url);
const requirePeer = createRequire(new URL('package.json', PEERS));

/** The peer's module, or `undefined` where it is not installed; the caller names the part of its shape it uses. */
export async function loadPeer<Module>(name: string): Promise<Module | undefined> {
  try {
    const resolved = pathToFileURL(requirePeer.resolve(name)).href;
    // A copy that some dependency of ours brought along is of another version than the one named in bench/peers.
    return resolved.startsWith(PEERS.href) ? ((await import(resolved)) as Module) : undefined;
  } catch {
    return undefined;
  }
}
