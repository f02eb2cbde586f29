import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createVirtualClock } from '@perps/runtime/testing';
import { createVenueEngine } from './engine.ts';
import { settleFunding } from './funding.ts';
import { answerInfo } from './info/index.ts';
import { settingsOf } from './options.ts';
import { createMemoryWriter, loadMemory, restore } from './persist.ts';
import { twapStates } from './twap.ts';
import { ANN, ANN_ADDRESS, ETH, limit, standingVenue, trigger } from './testing/standing-venue.ts';

describe('the memory of a venue', () => {
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'venue-'));
    file = path.join(folder, 'venue.json');
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  const restart = () => {
    const memory = loadMemory(file)!;
    const settings = settingsOf({ clock: createVirtualClock(), volatility: 0, prices: memory.prices });
    return createVenueEngine(settings, (fresh) => restore(fresh, memory));
  };
  const remember = async () => {
    const world = standingVenue();
    world.holdAt('4000');
    world.place(ANN, [limit({ isBuy: true, price: '4100', size: '1', tif: 'Ioc' })]);
    world.place(ANN, [trigger({ isBuy: false, at: '3900', size: '0', tpsl: 'sl' })], 'positionTpsl');
    world.act(ANN, { type: 'twapOrder', twap: { a: ETH, b: true, s: '1', r: false, m: 5, t: false } });
    settleFunding(world.venue, { time: 1_700_000_000_000 });
    await createMemoryWriter(world.venue, file).close();
  };

  it('keeps triggers armed, TWAPs running and funding booked', async () => {
    await remember();
    const engine = restart();
    const { venue } = engine;
    expect(twapStates(venue, ANN_ADDRESS)).toHaveLength(1);
    expect(answerInfo(venue, { type: 'userFunding', user: ANN_ADDRESS })).toHaveLength(1);
    engine.hold(venue.markets[ETH]!, { price: 390_000n, spread: 10n });
    engine.updateContexts();
    expect(answerInfo(venue, { type: 'clearinghouseState', user: ANN_ADDRESS })).toMatchObject({ assetPositions: [] });
  });

  it('is read where it was written before there were triggers and funding', async () => {
    await remember();
    const newer = new Set([
      'funding',
      'fundings',
      'twapFills',
      'fundingPaid',
      'samples',
      'spotUsd',
      'twaps',
      'trigger',
    ]);
    const older = JSON.parse(readFileSync(file, 'utf8'), (key, value: unknown) => (newer.has(key) ? undefined : value));
    writeFileSync(file, JSON.stringify(older));
    const { venue } = restart();
    expect(answerInfo(venue, { type: 'clearinghouseState', user: ANN_ADDRESS })).toMatchObject({
      assetPositions: [{ position: { coin: 'ETH', cumFunding: { allTime: '0.0', sinceOpen: '0.0' } } }],
    });
    expect(settleFunding(venue, { time: 1_700_003_600_000 })).toBe(1);
  });
});
