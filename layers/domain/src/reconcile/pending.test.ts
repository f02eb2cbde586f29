import { describe, expect, it } from '@jest/globals';
import { size } from '../money/index.ts';
import { reconcilePending, type VenueObservation } from './index.ts';

const EXPIRES = 10_000;
const absentAt = (venueTime: number): VenueObservation => ({ kind: 'absent', venueTime });

describe('reconcilePending', () => {
  it('needs two absences past expiry and lag before an order counts as never arrived', () => {
    const first = reconcilePending({ expiresAfter: EXPIRES, absences: 0 }, absentAt(12_000));
    expect(first).toEqual({ step: 'lookAgain', absences: 1 });
    expect(reconcilePending({ expiresAfter: EXPIRES, absences: 1 }, absentAt(12_500))).toEqual({
      step: 'resolve',
      fate: { kind: 'neverArrived' },
    });
  });

  it.each([9_000, 10_000, 11_999])('takes absence at venue time %d for nothing', (venueTime) => {
    expect(reconcilePending({ expiresAfter: EXPIRES, absences: 1 }, absentAt(venueTime))).toEqual({
      step: 'lookAgain',
      absences: 0,
    });
  });

  it('keeps the count through an answer that says nothing', () => {
    expect(reconcilePending({ expiresAfter: EXPIRES, absences: 1 }, { kind: 'unknown' })).toEqual({
      step: 'lookAgain',
      absences: 1,
    });
  });

  it('resolves what was found, with the venue’s own executed size', () => {
    const found: VenueObservation = { kind: 'found', venueOrderId: 7, status: 'canceled', executedSize: size(3n) };
    expect(reconcilePending({ expiresAfter: EXPIRES, absences: 1 }, found)).toEqual({
      step: 'resolve',
      fate: { kind: 'ended', venueOrderId: 7, status: 'canceled', executedSize: 3n },
    });
    expect(reconcilePending({ expiresAfter: EXPIRES, absences: 0 }, { ...found, status: 'open' })).toMatchObject({
      fate: { kind: 'open' },
    });
  });
});
