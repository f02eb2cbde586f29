/** Children that do not outlive this process, also where it is killed and cannot stop them. */
import { existsSync } from 'node:fs';

/** From util-linux; it replaces itself by the command, so the process id is the command's. */
const SETPRIV = '/usr/bin/setpriv';

export interface Command {
  readonly file: string;
  readonly args: readonly string[];
}

/** The command, tied to this process by the kernel (Linux). Elsewhere the next start ends what was left behind. */
export const tethered = (command: Command): Command =>
  process.platform === 'linux' && existsSync(SETPRIV)
    ? { file: SETPRIV, args: ['--pdeathsig', 'KILL', command.file, ...command.args] }
    : command;
