import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { ImportMistake, refuseMistakes } from './mistake.ts';
import { didYouMean } from './nearest.ts';
import { condition, sources } from './source.ts';

const lineSource = z.strictObject({
  /** A second CSV file with one row per line; left out, the line is made of the document's own row. */
  file: z.string().optional(),
  /** Which column of the lines' file equals which column of the documents' file. */
  match: z.record(z.string(), z.string()).optional(),
  /** Names a line within its document: a template over its columns. */
  key: z.string(),
  when: condition.optional(),
  fields: z.record(z.string(), sources),
});

const mapFile = z.strictObject({
  $comment: z.union([z.string(), z.array(z.string())]).optional(),
  /** Which system and which of its entities; the command line may say it instead. */
  system: z.enum(['crm', 'erp'], { error: 'has to be crm or erp' }).optional(),
  entity: z.string().optional(),
  /** Names a row for good: a template over its columns. What was imported under a key is not imported again. */
  key: z
    .string()
    .regex(/\{.+\}/, { error: 'has to hold a column in braces, such as "northwind:order:{order_id}"' }),
  /** Rows that repeat a key are the same record and passed over; default: they are refused. */
  distinct: z.boolean().default(false),
  /** Rows that do not meet it are passed over. */
  when: condition.optional(),
  csv: z
    .strictObject({
      delimiter: z.string().min(1).max(5).default(','),
      encoding: z.enum(['utf8', 'latin1', 'utf16le']).default('utf8'),
      /** Texts that stand for nothing, such as NULL. */
      empty: z.array(z.string()).default([]),
    })
    .prefault({}),
  fields: z.record(z.string(), sources),
  lines: z.array(lineSource).default([]),
  tables: z.record(z.string(), z.record(z.string(), z.json())).default({}),
});

/** How the rows of a CSV file become records of one entity. */
export type ImportMap = z.infer<typeof mapFile>;
/** How a document gets its lines. */
export type LineSource = ImportMap['lines'][number];

/** Reads a map file. Throws an ImportMistake that names every wrong key with its remedy. */
export async function readMapFile(file: string): Promise<ImportMap> {
  return readChecked(file, mapFile);
}

/** Reads a JSON file and checks its shape. Throws an ImportMistake. */
export async function readChecked<T>(file: string, schema: z.ZodType<T>): Promise<T> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new ImportMistake(`${file} cannot be read: ${error.code ?? error.message}.`);
  });
  const raw = parseJson(file, text);
  const checked = schema.safeParse(raw);
  if (checked.success) return checked.data;
  refuseMistakes(
    file,
    checked.error.issues.flatMap((issue) => messages(issue, raw, schema)),
  );
  throw checked.error;
}

function parseJson(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ImportMistake(`${file} is not JSON: ${(error as Error).message}.`);
  }
}

function messages(issue: z.core.$ZodIssue, raw: unknown, schema: z.ZodType): readonly string[] {
  const path = shownPath(issue.path, raw);
  if (issue.code === 'unrecognized_keys') {
    const known = knownKeys(schema, issue.path);
    return issue.keys.map(
      (key) => `${path ? `${path}.` : ''}${key} is not known here. ${didYouMean(key, known)}`,
    );
  }
  const missing = valueAt(raw, issue.path) === undefined && issue.code === 'invalid_type';
  return [`${path || 'The file'} ${missing ? 'is missing' : lowered(issue.message)}.`];
}

// Messages of ours follow the path as a sentence; those of zod say what they expected.
function lowered(message: string): string {
  return message.startsWith('Invalid')
    ? `is wrong: ${message.charAt(0).toLowerCase()}${message.slice(1)}`
    : message;
}

/** The path as the file has it: a single source stands there without its list. */
function shownPath(path: readonly PropertyKey[], raw: unknown): string {
  let at: unknown = raw;
  let shown = '';
  for (const step of path) {
    if (typeof step === 'number' && !Array.isArray(at)) continue;
    shown += typeof step === 'number' ? `[${step}]` : `${shown ? '.' : ''}${String(step)}`;
    at = (at as Readonly<Record<PropertyKey, unknown>> | undefined)?.[step];
  }
  return shown;
}

function valueAt(raw: unknown, path: readonly PropertyKey[]): unknown {
  let at = raw;
  for (const step of path) {
    if (typeof step === 'number' && !Array.isArray(at)) continue;
    at = (at as Readonly<Record<PropertyKey, unknown>> | null | undefined)?.[step];
  }
  return at;
}

/** Keys that the schema knows at a path. */
function knownKeys(schema: z.ZodType, path: readonly PropertyKey[]): readonly string[] {
  let at = inner(schema);
  for (const step of path) {
    if (at instanceof z.ZodObject) at = inner(at.shape[String(step)]);
    else if (at instanceof z.ZodRecord) at = inner(at.valueType as z.ZodType);
    else if (at instanceof z.ZodArray) at = inner(at.element as z.ZodType);
    else return [];
  }
  return at instanceof z.ZodObject ? Object.keys(at.shape) : [];
}

function inner(schema: z.ZodType): z.ZodType {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault)
    return inner(schema.unwrap() as z.ZodType);
  if (schema instanceof z.ZodPipe) return inner(schema.out as z.ZodType);
  return schema;
}
