import { describe, expect, test } from 'vitest';
import { createAdmission } from '../../gateway/limits/admission.ts';
import { createRateLimit } from '../../gateway/limits/rate-limit.ts';
import { createMetrics } from '../../gateway/metrics.ts';
import { createBreaker } from '../../gateway/transport/breaker.ts';
import { createEventBuffer } from '../../gateway/transport/event-buffer.ts';

const here = new AbortController().signal;

describe('admission', () => {
  test('callers take turns: one with a long line does not keep another waiting behind it', async () => {
    const admission = createAdmission({ running: 1, waiting: 10 });
    const order: string[] = [];
    const leaveFirst = await admission.enter('a', here);
    const enter = async (key: string, name: string) => {
      const leave = await admission.enter(key, here);
      order.push(name);
      leave();
    };
    const all = [enter('a', 'a1'), enter('a', 'a2'), enter('a', 'a3'), enter('b', 'b1')];
    expect(admission.waiting()).toBe(4);
    leaveFirst();
    await Promise.all(all);
    expect(order).toEqual(['a1', 'b1', 'a2', 'a3']);
    expect([admission.running(), admission.waiting()]).toEqual([0, 0]);
  });

  test('refuses when too many wait, and a place given back twice is given back once', async () => {
    const admission = createAdmission({ running: 1, waiting: 1 });
    const leave = await admission.enter('a', here);
    const waiting = admission.enter('a', here);
    await expect(admission.enter('a', here)).rejects.toMatchObject({ status: 503, code: 'OVERLOADED' });
    leave();
    leave();
    const leaveSecond = await waiting;
    expect(admission.running()).toBe(1);
    leaveSecond();
    expect(admission.running()).toBe(0);
  });

  test('who gives up while waiting is refused, and takes no place from those behind', async () => {
    const admission = createAdmission({ running: 1, waiting: 10 });
    const leave = await admission.enter('a', here);
    const impatient = new AbortController();
    const gone = [admission.enter('b', impatient.signal), admission.enter('a', impatient.signal)];
    const patient = admission.enter('a', here);
    impatient.abort();
    for (const one of gone) await expect(one).rejects.toMatchObject({ status: 503, code: 'OVERLOADED' });
    expect(admission.waiting()).toBe(1);
    leave();
    (await patient)();
    expect([admission.running(), admission.waiting()]).toEqual([0, 0]);
    await expect(admission.enter('a', impatient.signal)).resolves.toBeTypeOf('function');
    await expect(admission.enter('a', impatient.signal)).rejects.toMatchObject({ code: 'OVERLOADED' });
  });
});

test('an allowance fills up evenly', () => {
  let time = 0;
  const count = createRateLimit(60, 'requests', () => time);
  for (let i = 0; i < 60; i++) count('a');
  expect(() => count('a')).toThrow('Too many requests; try again in 1 s.');
  count('b');
  time += 1_000;
  count('a');
  expect(() => count('a')).toThrow('Too many requests');
});

test('a breaker lets one probe through after its pause, and closes again when that works', async () => {
  let time = 0;
  let up = false;
  let calls = 0;
  const breaker = createBreaker('erp', () => time);
  const signal = new AbortController().signal;
  const call = () =>
    breaker.run(async () => {
      calls++;
      if (!up) throw new Error('down');
      return 'fine';
    }, signal);
  for (let i = 0; i < 12; i++) await expect(call()).rejects.toThrow();
  expect(calls).toBe(10);
  expect(breaker.isOpen()).toBe(true);
  time += 2_001;
  await expect(call()).rejects.toThrow('down');
  await expect(call()).rejects.toThrow('left alone');
  expect(calls).toBe(11);
  up = true;
  time += 2_001;
  expect(await call()).toBe('fine');
  expect(await call()).toBe('fine');
  expect(calls).toBe(13);
  expect(breaker.isOpen()).toBe(false);
});

test('a client that went away says nothing about the subgraph', async () => {
  const breaker = createBreaker('erp');
  const gone = AbortSignal.abort();
  for (let i = 0; i < 20; i++)
    await breaker.run(() => Promise.reject(new Error('aborted')), gone).catch(() => {});
  expect(await breaker.run(async () => 'fine', gone)).toBe('fine');
});

describe('a buffer of events', () => {
  test('that overflows ends with a word about it, and stops its source', async () => {
    let stopped = 0;
    const buffer = createEventBuffer<string>(
      2,
      () => 'missed',
      () => {
        stopped++;
      },
    );
    for (const event of ['1', '2', '3', '4']) buffer.push(event);
    const read: string[] = [];
    for await (const event of buffer.events) read.push(event);
    expect(read).toEqual(['missed']);
    expect(stopped).toBe(1);
  });

  test('wakes a waiting reader, for an event, an end and a failure', async () => {
    const buffer = createEventBuffer<string>(
      2,
      () => 'missed',
      () => {},
    );
    const first = buffer.events.next();
    buffer.push('1');
    expect(await first).toEqual({ done: false, value: '1' });
    const second = buffer.events.next();
    buffer.fail(new Error('broken'));
    await expect(second).rejects.toThrow('broken');
  });
});

test('metrics are written as Prometheus reads them', () => {
  const metrics = createMetrics();
  metrics.count('requests_total', 'Requests.', { code: 'a"b\n' });
  metrics.observe('seconds', 'Time.', { type: 'query' }, 0.02);
  metrics.observe('seconds', 'Time.', { type: 'query' }, 20);
  metrics.gauge('now', 'Now.', () => 7);
  const lines = metrics.text().split('\n');
  expect(lines).toContain('requests_total{code="a_b_"} 1');
  expect(lines).toContain('seconds_bucket{type="query",le="0.01"} 0');
  expect(lines).toContain('seconds_bucket{type="query",le="0.025"} 1');
  expect(lines).toContain('seconds_bucket{type="query",le="10"} 1');
  expect(lines).toContain('seconds_bucket{type="query",le="+Inf"} 2');
  expect(lines).toContain('seconds_sum{type="query"} 20.02');
  expect(lines).toContain('# TYPE now gauge');
  expect(lines).toContain('now 7');
});
