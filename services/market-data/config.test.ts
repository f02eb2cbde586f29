import { describe, expect, it } from '@jest/globals';
import { loadConfig } from './config.ts';

const venue = { VENUE_URL: 'http://127.0.0.1:1', VENUE_WS_URL: 'ws://127.0.0.1:1/ws' };

describe('settings of market-data', () => {
  it('need the venue, and have defaults for the rest', () => {
    expect(loadConfig(venue)).toEqual({
      ...venue,
      PORT: 7002,
      HOST: '0.0.0.0',
      SYMBOLS: undefined,
      VENUE_WEIGHT_PER_MINUTE: 800,
      LOG_LEVEL: 'info',
    });
    expect(loadConfig({ ...venue, SYMBOLS: 'BTC, ETH,' }).SYMBOLS).toEqual(['BTC', 'ETH']);
  });

  it('name what is wrong', () => {
    expect(() => loadConfig({ VENUE_URL: 'x' })).toThrow('VENUE_WS_URL');
  });
});
