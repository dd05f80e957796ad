import { z } from 'zod';

/** A condition on a row: the column is one of, is none of, or is (not) empty. */
export const condition = z.strictObject({
  column: z.string(),
  is: z.array(z.string()).optional(),
  not: z.array(z.string()).optional(),
  empty: z.boolean().optional(),
});

/** Translations of values; in a map file written out, or the name of one of its `tables`. */
const table = z.union([z.string(), z.record(z.string(), z.json())], {
  error: 'has to be the name of a table of this map, or an object of translations',
});

const take = z.union([z.enum(['first', 'last', 'butFirst', 'butLast']), z.int().min(1)], {
  error: 'has to be first, last, butFirst, butLast, or the number of a part from 1',
});

const lookup = z.strictObject({
  entity: z.string(),
  /** A property, several to be tried in turn, or `key`: the key under which a row was imported. */
  by: z.union([z.string(), z.array(z.string()).min(1)]),
  missing: z
    .union([z.enum(['refuse', 'empty']), z.strictObject({ into: z.string() })], {
      error: 'has to be refuse, empty, or {"into": property} for the text that was not found',
    })
    .default('refuse'),
});

/** The same without its parts of an address, which have no address in them. */
const plain = {
  /** Only for rows that meet it; the next source of the list serves the others. */
  when: condition.optional(),
  /** A constant. */
  value: z.json().optional(),
  /** A column of the CSV file; in lines also `header:column`. */
  column: z.string().optional(),
  /** Several columns in one text: `{first_name} {last_name}`. */
  template: z.string().optional(),
  /** Divides the text and takes a part of it; `on` defaults to white space. */
  split: z.strictObject({ on: z.string().min(1).optional(), take }).optional(),
  /** Literal texts to replace. */
  replace: z.record(z.string().min(1), z.string()).optional(),
  case: z.enum(['upper', 'lower'], { error: 'has to be upper or lower' }).optional(),
  table: table.optional(),
  /** What becomes of a value that the table does not have. Default: the row is refused. */
  otherwise: z
    .enum(['refuse', 'keep', 'empty'], { error: 'has to be refuse, keep or empty' })
    .default('refuse'),
  number: z
    .strictObject({
      /** The column's decimal point and its sign between groups of digits. */
      point: z.string().length(1).default('.'),
      group: z.string().length(1).optional(),
      /** Factor, as an exact decimal: "100" makes 0.05 a percentage. */
      times: z
        .string()
        .regex(/^-?\d+(\.\d+)?$/, { error: 'has to be an exact decimal in quotes, such as "100"' })
        .optional(),
      /** Rounds to so many decimals; left out, nothing is rounded. */
      decimals: z.int().min(0).max(18).optional(),
      mode: z
        .enum(['halfUp', 'halfEven', 'down', 'up'], { error: 'has to be halfUp, halfEven, down or up' })
        .default('halfUp'),
    })
    .optional(),
  /** Format of a date: YYYY, MM or M, DD or D, with anything between them. */
  date: z
    .string()
    .regex(/^(?=.*YYYY)(?=.*M)(?=.*D)/, { error: 'has to name YYYY, M or MM, and D or DD' })
    .optional(),
  boolean: z.strictObject({ true: z.array(z.string()), false: z.array(z.string()) }).optional(),
  lookup: lookup.optional(),
  /** For rows where all this comes to nothing. */
  default: z.json().optional(),
  /** Written in a second pass, when all rows are there: references to rows of the same file. */
  later: z.boolean().default(false),
};

const origins = ['value', 'column', 'template', 'address'] as const;

function oneOrigin(source: Readonly<Record<string, unknown>>, context: z.RefinementCtx): void {
  const given = origins.filter((name) => source[name] !== undefined);
  if (given.length === 1) return;
  context.addIssue({
    code: 'custom',
    message:
      given.length === 0
        ? 'says no origin: give it one of value, column, template and address'
        : `has ${given.join(' and ')}: keep one of them`,
  });
}

const part = z.preprocess(asSource, z.strictObject(plain).superRefine(oneOrigin));

const source = z.strictObject({
  ...plain,
  /** Parts of an address by their names. */
  address: z.record(z.string(), part).optional(),
});

/** What one property is made of: sources in turn, the first whose `when` holds. */
export const sources = z.preprocess(
  (given) => (Array.isArray(given) ? given.map(asSource) : [asSource(given)]),
  z.array(source.superRefine(oneOrigin)).min(1),
);

/** One origin of a value and what is done to it, as a map file says it. */
export type Source = z.infer<typeof source>;
/** One origin of one part of an address. */
export type PartSource = z.infer<typeof part>;
/** A look-up of another record. */
export type LookupSource = z.infer<typeof lookup>;
/** A condition on a row. */
export type Condition = z.infer<typeof condition>;

// "name": "company_name" is short for "name": {"column": "company_name"}.
function asSource(given: unknown): unknown {
  return typeof given === 'string' ? { column: given } : given;
}

/** Names of the columns that a template takes. */
export function templateColumns(template: string): readonly string[] {
  return [...template.matchAll(/\{([^{}]+)\}/g)].map(([, name]) => name!);
}

/** Every column that a source reads. */
export function columnsOf(given: Source | PartSource): readonly string[] {
  const parts = 'address' in given && given.address ? Object.values(given.address).flatMap(columnsOf) : [];
  return [
    ...(given.when ? [given.when.column] : []),
    ...(given.column === undefined ? [] : [given.column]),
    ...(given.template === undefined ? [] : templateColumns(given.template)),
    ...parts,
  ];
}
