import { expect, test } from 'vitest';
import { openHouse } from '../../console/house.ts';
import { readSettings } from '../../console/settings.ts';
import { openTracing } from '../../console/tracing.ts';
import { QUIET } from '../../gateway/log.ts';
import { startCollector } from '../support/collector.ts';
import { testDatabase } from '../support/database.ts';

const collector = await startCollector();
const settings = readSettings({}, {}, { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url });
const { tracer, watch } = (await openTracing(settings, 'start', QUIET))!;
const { sql } = await testDatabase(watch);

test('a query is traced from the client to every SQL statement, a mutation to its transaction', async () => {
  const house = await openHouse({ sql, log: QUIET, tracer });
  const ask = async (query: string) => {
    const response = await fetch(`${house.gateway.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query }),
    });
    expect(((await response.json()) as { errors?: unknown }).errors).toBeUndefined();
  };
  await ask('mutation Add { createCrmCustomer(input: { name: "Traced" }) { id } }');
  await ask('query Read { crmCustomers(first: 5) { nodes { name } } }');
  await house.close();
  await tracer.stop();
  const lines = collector.spans.map((span) => collector.lineOf(span).join(' < '));
  expect(lines).toContain('sql select < fetch crm < query Read < POST /graphql');
  expect(lines).toContain('sql commit < fetch crm < mutation Add < POST /graphql');
  const statement = collector.spans.find((span) =>
    collector.lineOf(span).join().startsWith('sql select,fetch crm,query Read'),
  );
  expect(statement?.attributes).toContainEqual({
    key: 'db.system.name',
    value: { stringValue: 'postgresql' },
  });
  // What the workers do by themselves is part of no request.
  expect(lines.filter((line) => line.startsWith('sql') && !line.endsWith('POST /graphql'))).toEqual([]);
  // Neither the values of statements nor those of documents are in a trace.
  expect(JSON.stringify(collector.spans)).not.toContain('Traced');
  await collector[Symbol.asyncDispose]();
});
