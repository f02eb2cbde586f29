/**
 * A conventional ledger as the peer of the commit benchmark: one function call per order in Postgres (position, wallet,
 * order row, fees), durable at commit, driven by pgbench. Not installed = not available.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export interface LedgerRates {
  /** Orders per second with the platform's account updated in every transaction. */
  readonly withHouseRow: number | undefined;
  readonly withoutHouseRow: number | undefined;
}

const SCHEMA = `
create table account (id int primary key, wallet bigint not null, last_nonce bigint not null);
create table position (account int primary key, size bigint not null, cost bigint not null);
create table trade (id bigserial primary key, account int not null, size bigint not null, price bigint not null, fee bigint not null);
create table house (id int primary key, pnl bigint not null, fees bigint not null);
insert into account select n, 100000000000, 0 from generate_series(1, 2000) n;
insert into position select n, 0, 0 from generate_series(1, 2000) n;
insert into house values (1, 0, 0);
create function place_order(a int, lots bigint, price bigint, has_house boolean) returns bigint language plpgsql as $$
declare fee bigint := abs(lots * price) * 45 / 100000; id bigint;
begin
  update account set wallet = wallet - fee, last_nonce = last_nonce + 1 where account.id = a and wallet > fee;
  update position set size = size + lots, cost = cost + lots * price where account = a;
  insert into trade (account, size, price, fee) values (a, lots, price, fee) returning trade.id into id;
  if has_house then update house set pnl = pnl - lots * price, fees = fees + fee where house.id = 1; end if;
  return id;
end $$;
`;
const script = (hasHouse: boolean): string =>
  `\\set a random(1, 2000)\n\\set lots random(-100, 100)\nselect place_order(:a, :lots, 1000000, ${hasHouse});\n`;

/** `undefined` where Postgres, or its pgbench, is not installed. */
export async function measureLedger(options: {
  readonly clients: number;
  readonly durationMs: number;
}): Promise<LedgerRates | undefined> {
  const programs = findPrograms();
  if (programs === undefined) return undefined;
  return withServer(programs, (socketDir) => {
    const rate = (hasHouse: boolean): number | undefined => {
      const file = join(socketDir, 'order.sql');
      writeFileSync(file, script(hasHouse));
      const clients = String(options.clients);
      const seconds = String(Math.max(1, Math.round(options.durationMs / 1000)));
      const args = [
        '-h',
        socketDir,
        '-U',
        'bench',
        '-n',
        '-M',
        'prepared',
        '-c',
        clients,
        '-j',
        '2',
        '-T',
        seconds,
        '-f',
        file,
      ];
      const output = execFileSync(join(programs, 'pgbench'), [...args, 'postgres'], {
        encoding: 'utf8',
        stdio: 'pipe',
      });
      const tps = Number(/tps = ([\d.]+)/.exec(output)?.[1]);
      return tps > 0 ? tps : undefined;
    };
    return { withHouseRow: rate(true), withoutHouseRow: rate(false) };
  });
}

/** The folder of the server's programs, all of which must be there. */
function findPrograms(): string | undefined {
  const found = spawnSync('sh', ['-c', 'command -v postgres'], { encoding: 'utf8' }).stdout.trim();
  if (found === '') return undefined;
  const folder = dirname(realpathSync(found));
  const needed = ['initdb', 'postgres', 'pgbench', 'psql'];
  return needed.every((name) => existsSync(join(folder, name))) ? folder : undefined;
}

/** A server on a socket in a temporary folder, gone afterwards. Postgres refuses to run as root. */
async function withServer<Result>(programs: string, use: (socketDir: string) => Result): Promise<Result | undefined> {
  const dir = mkdtempSync(join(tmpdir(), 'perps-postgres-'));
  const isRoot = process.getuid?.() === 0;
  const owner = isRoot ? idOf('postgres') : undefined;
  if (isRoot && owner === undefined) return undefined;
  if (owner !== undefined) chownSync(dir, owner.uid, owner.gid);
  chmodSync(dir, 0o755);
  const data = join(dir, 'data');
  const run = { ...owner, cwd: dir, stdio: 'ignore' } as const;
  const init = spawnSync(join(programs, 'initdb'), ['-D', data, '-U', 'bench', '-A', 'trust'], run);
  if (init.status !== 0) return undefined;
  const settings = ['listen_addresses=', `unix_socket_directories=${dir}`, 'max_connections=300', 'fsync=on'];
  const server = spawn(join(programs, 'postgres'), ['-D', data, ...settings.flatMap((one) => ['-c', one])], run);
  const ended = new Promise((resolve) => server.once('exit', resolve));
  try {
    const psql = (...args: string[]) =>
      spawnSync(join(programs, 'psql'), ['-h', dir, '-U', 'bench', '-d', 'postgres', '-qX', ...args]);
    const deadline = performance.now() + 15_000;
    while (psql('-c', 'select 1').status !== 0) {
      if (performance.now() > deadline) return undefined;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    psql('-c', SCHEMA);
    return use(dir);
  } finally {
    server.kill('SIGINT');
    await ended;
    rmSync(dir, { recursive: true, force: true });
  }
}

function idOf(name: string): { readonly uid: number; readonly gid: number } | undefined {
  const ask = (flag: string): number => Number.parseInt(spawnSync('id', [flag, name], { encoding: 'utf8' }).stdout, 10);
  const [uid, gid] = [ask('-u'), ask('-g')];
  return Number.isNaN(uid) || Number.isNaN(gid) ? undefined : { uid, gid };
}
