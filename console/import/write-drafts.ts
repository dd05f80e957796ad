import type { Entity, Properties } from '../../subgraphs/system/entity.ts';
import { badInput, Refusal } from '../../subgraphs/system/failures.ts';
import { parserOf } from '../../subgraphs/system/values.ts';
import type { Json, LineChange, SystemRecord, Write, WriteFailure } from '../../sync/index.ts';
import type { Draft, Origin } from './drafts.ts';
import { columnsBehind } from './evaluate.ts';
import type { Run } from './run.ts';
import type { Source } from './source.ts';

/** Who writes: shown as `updatedBy`. */
const author = { actor: 'import', origin: 'import' } as const;

/** Creates the records of a batch that are not there yet; with `update`, brings the others to what the file says. */
export async function writeDrafts(run: Run, drafts: readonly Draft[]): Promise<void> {
  if (run.options.check) {
    await checkDrafts(run, drafts);
    return;
  }
  const { entity, system, counts } = run;
  const results = await system.write(
    drafts.map(({ key, fields }) => ({ kind: 'create', entity: entity.name, key, fields })),
    author,
  );
  const there: { draft: Draft; record: SystemRecord }[] = [];
  for (const [n, result] of results.entries()) {
    const draft = drafts[n]!;
    if (result.kind === 'created') counts.created++;
    else if (result.kind === 'failed') refuse(run, draft, result.failure);
    else if (result.kind === 'existed' && run.options.update) there.push({ draft, record: result.record });
    else counts.existed++;
  }
  await update(
    run,
    there.map(({ draft, record }) => ({ draft, write: updateOf(entity.name, draft, record) })),
  );
}

/** Second pass: fields that refer to rows of the same file, where they are still empty (with `update`, anyway). */
export async function writeLater(run: Run, drafts: readonly Draft[]): Promise<void> {
  const { entity, system, options } = run;
  const found = await run.lookups.byKey(
    entity.name,
    drafts.map(({ key }) => key),
  );
  const records = await system.read(entity.name, [...found.values()]);
  const writes = drafts.flatMap((draft) => {
    const record = records.get(found.get(draft.key) ?? '');
    if (!record) return [];
    const fields = Object.fromEntries(
      Object.entries(draft.fields).filter(
        ([name]) => options.update || (record.fields[name] ?? null) === null,
      ),
    );
    if (Object.keys(fields).length === 0) return [];
    return [{ draft, write: { kind: 'update' as const, entity: entity.name, id: record.id, fields } }];
  });
  const results = await system.write(
    writes.map(({ write }) => write),
    author,
  );
  for (const [n, result] of results.entries())
    if (result.kind === 'failed') refuse(run, writes[n]!.draft, result.failure);
}

async function update(
  run: Run,
  updates: readonly { readonly draft: Draft; readonly write: Write }[],
): Promise<void> {
  if (updates.length === 0) return;
  const results = await run.system.write(
    updates.map(({ write }) => write),
    author,
  );
  for (const [n, result] of results.entries()) {
    if (result.kind === 'failed') refuse(run, updates[n]!.draft, result.failure);
    else if (result.kind === 'unchanged') run.counts.existed++;
    else run.counts.updated++;
  }
}

/** Lines that others added stay; those of the file are brought to what it says. */
function updateOf(entity: string, { fields: { lines, ...fields } }: Draft, record: SystemRecord): Write {
  const there = new Set(
    ((record.fields.lines ?? []) as readonly { readonly lineId: string }[]).map(({ lineId }) => lineId),
  );
  const lineChanges = ((lines ?? []) as readonly Readonly<Record<string, Json>>[]).map(
    ({ lineId, ...line }): LineChange => {
      const id = lineId as string;
      return { kind: there.has(id) ? 'change' : 'add', lineId: id, fields: line };
    },
  );
  return { kind: 'update', entity, id: record.id, fields, ...(lineChanges.length > 0 && { lineChanges }) };
}

/** The system's refusal, at the place of the file that the value came from. */
function refuse({ parts, job }: Run, draft: Draft, { code, message, field, value }: WriteFailure): void {
  const [, n, lineField] = /^lines?(?:Changes)?\[(\d+)\]\.(.+)$/.exec(field ?? '') ?? [];
  const origin = (n === undefined ? draft : draft.lines[Number(n)]) ?? draft;
  const behind = columnsBehind(origin.sources, lineField ?? field ?? '', origin.row);
  parts.refused.add({
    file: origin.file,
    line: origin.line,
    column: behind.column,
    property: field ?? null,
    value:
      behind.value ??
      (value === undefined ? null : typeof value === 'string' ? value : JSON.stringify(value)),
    code,
    reason: reasonOf(message, field),
  });
  if (origin.file !== job.csvFile)
    parts.refused.add({
      file: draft.file,
      line: draft.line,
      column: null,
      property: 'lines',
      value: null,
      code,
      reason: `is left out with its line in ${origin.file}:${origin.line}: a document is never written with lines missing.`,
    });
}

// The report has a column of its own for the property.
function reasonOf(message: string, field: string | undefined): string {
  return field !== undefined && message.startsWith(`${field}: `) ? message.slice(field.length + 2) : message;
}

/** Without writing: whether the system could take each value, and, of a record that is not there, whether any is missing. */
async function checkDrafts(run: Run, drafts: readonly Draft[]): Promise<void> {
  const there = await run.lookups.byKey(
    run.entity.name,
    drafts.map(({ key }) => key),
  );
  for (const draft of drafts) {
    const failure = failureOf(run.entity, draft, !there.has(draft.key));
    if (failure) refuse(run, draft, failure);
  }
}

function failureOf(entity: Entity, draft: Draft, isNew: boolean): WriteFailure | null {
  const { lines = [], ...fields } = draft.fields;
  const parts = [
    { path: '', properties: entity.properties, fields, origin: draft as Origin },
    ...(lines as readonly Readonly<Record<string, Json>>[]).map(({ lineId: _, ...line }, n) => ({
      path: `lines[${n}].`,
      properties: entity.lines!,
      fields: line,
      origin: draft.lines[n]!,
    })),
  ];
  try {
    for (const { path, properties, fields } of parts)
      for (const [name, value] of Object.entries(fields))
        parserOf(properties[name]!.type)(path + name, value);
    if (!isNew) return null;
    for (const { path, properties, fields, origin } of parts) {
      const missing = missingOf(properties, fields, origin);
      if (missing !== undefined) throw badInput(path + missing, undefined, 'is missing.');
    }
    return null;
  } catch (error) {
    if (error instanceof Refusal) return error.failure;
    throw error;
  }
}

/** A property that a new record demands and a row does not give; the one that the map has, where either of two would do. */
function missingOf(
  properties: Properties,
  fields: Readonly<Record<string, Json>>,
  { sources, row }: Origin,
): string | undefined {
  const given = (name: string) =>
    (fields[name] ?? null) !== null || (looksUp(sources[name]) && columnsBehind(sources, name, row).value);
  for (const [name, { demanded, required, type }] of Object.entries(properties)) {
    if (!demanded && !(required && type.kind === 'refCode')) continue;
    const either = [name, ...standsFor(properties, name)];
    if (!either.some(given)) return either.find((one) => one in sources) ?? name;
  }
  return undefined;
}

/** A check looks nothing up: what is looked up may be imported before it. */
const looksUp = (sources: readonly Source[] = []): boolean => sources.some(({ lookup }) => lookup);

/** What may be given in a property's place: the code in that of a reference, and the reference in that of its code. */
function standsFor(properties: Properties, name: string): readonly string[] {
  return Object.entries(properties).flatMap(([other, { type }]) => {
    if (type.kind !== 'refCode') return [];
    if (other === name) return [type.ref];
    return type.ref === name ? [other] : [];
  });
}
