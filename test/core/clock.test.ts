import { describe, expect, test } from 'vitest';
import { betterReading, clockOffsets, clockReading } from '../../sync/core/clock.ts';

describe('a clock', () => {
  test('is read in the middle of the round trip, right to within half of it and the millisecond that is told', () => {
    expect(clockReading(1_000, 301_050, 1_100)).toEqual({ offsetMs: 300_000, boundMs: 51 });
  });

  test('that is read faster than it tells is no other one: instants on both sides of a millisecond', () => {
    // Asked at 1,000.9 and answered at 1,001.3, of which whole milliseconds are told.
    const [crm, erp] = [clockReading(1_000, 1_001, 1_000.4), clockReading(1_000, 1_000, 1_000.4)];
    expect(clockOffsets({ crm, erp })).toEqual({ crm: 0, erp: 0 });
  });

  test.each([
    [
      'the narrower of two that can both be true',
      { offsetMs: 10, boundMs: 4 },
      { offsetMs: 14, boundMs: 5 },
      10,
    ],
    ['the latest of two alike', { offsetMs: 10, boundMs: 5 }, { offsetMs: 14, boundMs: 5 }, 14],
    ['the narrower, when it is the latest', { offsetMs: 10, boundMs: 9 }, { offsetMs: 14, boundMs: 5 }, 14],
    [
      'the latest once the clock was set',
      { offsetMs: 10, boundMs: 1 },
      { offsetMs: -3_600_000, boundMs: 50 },
      -3_600_000,
    ],
    ['the latest where the two just miss', { offsetMs: 0, boundMs: 1 }, { offsetMs: 10, boundMs: 8 }, 10],
    ['the narrower where the two just touch', { offsetMs: 0, boundMs: 2 }, { offsetMs: 10, boundMs: 8 }, 0],
  ])('%s holds', (_, known, latest, offsetMs) => {
    expect(betterReading(known, latest).offsetMs).toBe(offsetMs);
    expect(betterReading(null, latest)).toBe(latest);
  });

  const read = (offsetMs: number, boundMs: number) => ({ offsetMs, boundMs });
  test.each([
    ['nothing known', null, null, { crm: 0, erp: 0 }],
    ['differences that cannot be told from none', read(3, 3), read(-2, 4), { crm: 0, erp: 0 }],
    ['one that does not tell its time', read(-300_000, 3), null, { crm: -300_000, erp: 0 }],
    ['two apart', read(-300_000, 3), read(20, 4), { crm: -300_000, erp: 20 }],
    [
      'two on one clock, the CRM read better',
      read(300_001, 2),
      read(299_998, 3),
      { crm: 300_001, erp: 300_001 },
    ],
    [
      'two on one clock, the ERP read better',
      read(300_001, 3),
      read(299_998, 2),
      { crm: 299_998, erp: 299_998 },
    ],
    ['two on one clock, read alike', read(300_001, 2), read(299_998, 2), { crm: 300_001, erp: 300_001 }],
  ])('offsets: %s', (_, crm, erp, offsets) => {
    expect(clockOffsets({ crm, erp })).toEqual(offsets);
  });
});
