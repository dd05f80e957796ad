import type { Entity, Properties } from '../../subgraphs/system/entity.ts';
import { references } from '../../subgraphs/system/names.ts';
import { isWritable } from '../../subgraphs/system/sdl-inputs.ts';
import type { Json, SystemRecord } from '../../sync/core/types.ts';
import { filled } from './filled.ts';
import type { Subject } from './subject.ts';

/** Field values. */
export type Fields = Readonly<Record<string, Json>>;

/** What a side's rules ask of sample values, where any value will not do. */
export interface Wishes {
  /** In the order in which they refer to each other. */
  readonly entities: readonly string[];
  /** Over the sample values of a record with everything filled, by entity. */
  readonly filled: Readonly<Record<string, Fields>>;
  /** Likewise for its one line. */
  readonly line: Fields;
  /** What happens to the filled records afterwards, so that fields show that only a history fills. */
  readonly afterwards: Readonly<Record<string, Fields>>;
  /** What a person gives to create one, over samples of what he may give; null leaves a property out. */
  readonly person: Readonly<Record<string, Fields>>;
  readonly personLine: Fields;
  /** A text to change, by entity. */
  readonly change: Readonly<Record<string, string>>;
}

/** What the suites of one subgraph stand on: one record of each entity with everything filled. */
export interface Ground {
  readonly side: 'crm' | 'erp';
  readonly subject: Subject;
  readonly wishes: Wishes;
  /** Ids of the filled records by entity; there once `fill` has run. */
  readonly known: Readonly<Record<string, string>>;
  readonly records: Readonly<Record<string, SystemRecord>>;
  readonly fill: () => Promise<void>;
  readonly entity: (name: string) => Entity;
  /** What a person gives to create a record of that entity, lines included. */
  readonly input: (entity: string) => Record<string, Json>;
}

/** The ground of a side's suites; its records are made by `fill`. */
export function groundOf(side: 'crm' | 'erp', subject: Subject, wishes: Wishes): Ground {
  const known: Record<string, string> = {};
  const records: Record<string, SystemRecord> = {};
  const entity = (name: string): Entity => subject.system.shape.entities[name]!;
  return {
    side,
    subject,
    wishes,
    known,
    records,
    entity,
    fill: async () => {
      for (const name of wishes.entities) await fillOne(entity(name));
      for (const name of wishes.entities) await complete(entity(name));
      for (const [name, id] of Object.entries(known)) {
        records[name] = (await subject.system.read(name, [id])).get(id)!;
      }
    },
    input: (name) => {
      const { properties, lines } = entity(name);
      const fields = writable(properties, known, wishes.person[name]);
      return lines === undefined ? fields : { ...fields, lines: [writable(lines, known, wishes.personLine)] };
    },
  };

  async function fillOne({ name, properties, lines }: Entity): Promise<void> {
    const make = async () => {
      const fields = filled(properties, known, wishes.filled[name]);
      return subject.put(name, { ...fields, ...(lines && { lines: [filled(lines, known, wishes.line)] }) });
    };
    // An entity that refers to its own kind needs another to refer to.
    if (references(properties).some(({ to }) => to === name)) known[name] = (await make()).id;
    records[name] = await make();
    known[name] = records[name].id;
  }

  /** References to what was made later, and what happens afterwards. */
  async function complete({ name, properties }: Entity): Promise<void> {
    const { id, fields } = records[name]!;
    const later = references(properties).filter(
      ({ property, to }) => fields[property] === null && to !== name,
    );
    const refs = Object.fromEntries(later.map(({ property, to }) => [property, known[to]!]));
    const changes = { ...refs, ...wishes.afterwards[name] };
    if (Object.keys(changes).length > 0) await subject.change(name, id, changes);
  }
}

function writable(properties: Properties, known: Readonly<Record<string, string>>, wished: Fields = {}) {
  const own = Object.fromEntries(Object.entries(properties).filter(([, property]) => isWritable(property)));
  const fields = filled(own, known, wished);
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));
}

/** Codes of the errors of an answer. */
export function codesOf({
  errors,
}: {
  readonly errors?: readonly { readonly extensions?: object }[] | undefined;
}) {
  return (errors ?? []).map(({ extensions }) => (extensions as { readonly code: string }).code);
}
