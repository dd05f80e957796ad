import type { CodecSource, Shape } from './codecs/codec.ts';
import type { Codec, FieldRule, Mapping, MatchKey } from './mapping.ts';

/** What a mapping needs of an entity's declaration: its name and its properties with their types. */
export interface EntityShape {
  readonly name: string;
  readonly properties: PropertyShapes;
  readonly lines?: PropertyShapes;
}

/** Properties by name. */
export type PropertyShapes = Readonly<
  Record<string, { readonly type: Shape; readonly required?: boolean; readonly access?: 'read' | 'sync' }>
>;

/** One row as it is written down: what follows from the declarations is left out. */
export interface Row<Crm extends string, Erp extends string>
  extends Omit<FieldRule, 'crm' | 'erp' | 'codec' | 'required' | 'given' | 'takes'> {
  readonly crm: Crm | null;
  readonly erp: Erp | null;
  readonly codec: CodecSource;
}

type Names<P> = keyof P & string;
type Rows<Crm extends string, Erp extends string> = Readonly<Record<string, Row<Crm, Erp>>>;

/** A mapping as it is written down. Native names are checked against the declarations by the compiler. */
export interface Declared<
  Crm extends EntityShape,
  Erp extends EntityShape,
  Fields extends Rows<Names<Crm['properties']> | 'id', Names<Erp['properties']>>,
> extends Omit<Mapping, 'crm' | 'erp' | 'fields' | 'lines' | 'match'> {
  readonly fields: Fields;
  readonly lines?: Rows<Names<NonNullable<Crm['lines']>> | 'lineId', Names<NonNullable<Erp['lines']>>>;
  readonly match: readonly (MatchKey & { readonly fields: readonly Names<Fields>[] })[];
}

/** Declares a flow between two entities, and derives from their declarations what fits and what is required. */
export function defineMapping<
  const Crm extends EntityShape,
  const Erp extends EntityShape,
  const Fields extends Rows<Names<Crm['properties']> | 'id', Names<Erp['properties']>>,
>(crm: Crm, erp: Erp, declared: Declared<Crm, Erp, Fields>): Mapping {
  const { fields, lines, ...rest } = declared;
  return Object.freeze({
    ...rest,
    crm: crm.name,
    erp: erp.name,
    fields: rules(fields, crm.properties, erp.properties),
    ...(lines ? { lines: rules(lines, crm.lines ?? {}, erp.lines ?? {}) } : {}),
  });
}

function rules(
  rows: Rows<string, string>,
  crm: PropertyShapes,
  erp: PropertyShapes,
): Readonly<Record<string, FieldRule>> {
  const made = Object.entries(rows).map(([field, row]) => {
    const [c, e] = [property(crm, row.crm), property(erp, row.erp)];
    const codec: Codec =
      typeof row.codec === 'function' ? row.codec({ crm: c?.type, erp: e?.type }) : row.codec;
    const required = { crm: c?.required === true, erp: e?.required === true };
    const given = { crm: isGiven(row.crm, c), erp: isGiven(row.erp, e) };
    const takes = kindOf(c ?? e);
    return [field, Object.freeze({ ...row, codec, required, given, takes })] as const;
  });
  return Object.freeze(Object.fromEntries(made));
}

const property = (shapes: PropertyShapes, name: string | null): PropertyShapes[string] | undefined =>
  name === null ? undefined : shapes[name];

const kinds: Readonly<Record<string, FieldRule['takes']>> = {
  int: 'number',
  decimal: 'number',
  money: 'number',
  boolean: 'boolean',
  address: 'address',
  texts: 'list',
  list: 'list',
};

/** The kind of JSON that a property is typed as. Most are texts, an id too. */
const kindOf = (shape: PropertyShapes[string] | undefined): NonNullable<FieldRule['takes']> =>
  kinds[shape?.type.kind ?? 'text'] ?? 'text';

/** Whether a system keeps a property to itself. Its ids, which are no properties, are its own as well. */
const isGiven = (name: string | null, shape: PropertyShapes[string] | undefined): boolean =>
  name !== null && (shape === undefined || shape.access !== undefined);
