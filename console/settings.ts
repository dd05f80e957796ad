import { isIP } from 'node:net';
import { z } from 'zod';
import type { RateLimit } from '../sync/index.ts';

/** Everything Tandem can be told from outside, read once at the start. */
export type Settings = z.infer<typeof variables>;

/** Settings as text, by the name of their variable. */
export type GivenSettings = Readonly<Partial<Record<keyof Settings, string | undefined>>>;

/** A mistake in the settings: its message lists them all, each with name, value and remedy. */
export class SettingsError extends Error {}

const yesOrNo = z
  .enum(['0', '1', 'false', 'true'], { error: 'has to be 0 or 1' })
  .transform((value) => value === '1' || value === 'true');

const url = (protocol: RegExp, example: string) => {
  const error = `has to be an address such as ${example}`;
  // Without its two slashes it would be one without a host, and with the password in its path.
  return z.url({ protocol, error, abort: true }).regex(/^[a-z]+:\/\//i, { error });
};

/** The scopes come last, since some of them have a colon of their own. */
const apiKeyText = /^([^:]+):([0-9a-f]{64}):(.+)$/;

/** What the graph asks callers for; the README says it, too. */
const knownScopes: readonly string[] = ['read', 'read:cost', 'read:personal', 'sync', 'write', 'admin'];

const apiKey = z
  .string()
  .regex(apiKeyText, {
    error: 'has to be name:sha256-in-hex:scope+scope, several divided by commas',
    abort: true,
  })
  .transform((text, context) => {
    const [, name = '', sha256 = '', given = ''] = apiKeyText.exec(text) ?? [];
    const scopes = given.split('+');
    for (const scope of scopes.filter((scope) => !knownScopes.includes(scope)))
      context.addIssue(
        `gives the key ${name} the scope ${scope || '""'}: there are ${knownScopes.slice(0, -1).join(', ')} and ${knownScopes.at(-1)}`,
      );
    return { name, sha256, scopes };
  });

const list = <T extends z.ZodType<unknown, string>>(item: T) =>
  z
    .string()
    .transform((text) => text.split(',').map((part) => part.trim()))
    .pipe(z.array(item));

/** A limit that 0 switches off. */
const limit = (what: string) =>
  z.coerce
    .number({ error: `has to be a number of ${what}, 0 for any` })
    .int({ error: 'has to be a whole number' })
    .min(0, { error: 'has to be 0 or more' });

const network = z.string().refine(
  (text) => {
    const [address = '', bits, more] = text.split('/');
    const most = { 0: -1, 4: 32, 6: 128 }[isIP(address)]!;
    return (
      most > 0 && more === undefined && (bits === undefined || (/^\d+$/.test(bits) && Number(bits) <= most))
    );
  },
  { error: 'has to be addresses or networks such as 10.0.0.7 or 10.0.0.0/8, several divided by commas' },
);

const rate = z
  .string()
  .regex(/^[1-9]\d*\/[1-9]\d*s$/, {
    error: 'has to be calls per seconds, such as 100/10s: never more than 100 calls in any 10 seconds',
  })
  .transform((text): RateLimit => {
    const [calls, seconds] = text.slice(0, -1).split('/').map(Number);
    return { calls: calls!, withinMs: seconds! * 1_000 };
  });

/** Each variable once: its name, what it may be, its default. The README's table says what it is for. */
const variables = z.object({
  PORT: z.coerce
    .number({ error: 'has to be a port, 0 to 65535 (0 takes a free one)' })
    .int({ error: 'has to be a whole number' })
    .min(0, { error: 'has to be 0 or more' })
    .max(65535, { error: 'has to be 65535 or less' })
    .default(4000),
  TANDEM_HOST: z
    .string()
    .refine((host) => host === 'localhost' || isIP(host) !== 0, {
      error: 'has to be an IP address of this machine, or localhost',
    })
    .default('127.0.0.1'),
  DATABASE_URL: url(/^postgres(ql)?$/, 'postgres://user:password@host:5432/database').optional(),
  TANDEM_DATA: z.string().default('.tandem'),
  TANDEM_DEMO: yesOrNo.default(true),
  TANDEM_LOG: z
    .enum(['debug', 'info', 'warn', 'error', 'silent'], {
      error: 'has to be debug, info, warn, error or silent',
    })
    .default('info'),
  NODE_ENV: z.string().default('development'),
  /** Set by npm for what it starts. */
  npm_lifecycle_event: z.string().optional(),
  TANDEM_ORIGINS: list(url(/^https?$/, 'https://app.example.com')).default([]),
  TANDEM_JWT_SECRET: z
    .string()
    .refine((secret) => Buffer.byteLength(secret) >= 32, {
      error: 'has to have at least 32 bytes; try: openssl rand -base64 48',
    })
    .optional(),
  TANDEM_JWKS_URL: url(/^https?$/, 'https://login.example.com/.well-known/jwks.json').optional(),
  TANDEM_JWT_ISSUER: z.string().optional(),
  TANDEM_JWT_AUDIENCE: z.string().optional(),
  TANDEM_API_KEYS: list(apiKey).default([]),
  TANDEM_REQUESTS_PER_MINUTE: limit('requests').default(0),
  TANDEM_FAILED_LOGINS_PER_MINUTE: limit('logins').default(60),
  TANDEM_STREAMS_PER_CALLER: limit('subscriptions').default(1_000),
  TANDEM_TRUSTED_PROXIES: list(network).default([]),
  TANDEM_TRUSTED_DOCUMENTS: z.string().optional(),
  TANDEM_SUBGRAPH_SECRET: z
    .string()
    .refine((secret) => Buffer.byteLength(secret) >= 32, {
      error: 'has to have at least 32 bytes; try: openssl rand -base64 48',
    })
    .optional(),
  OTEL_EXPORTER_OTLP_ENDPOINT: url(/^https?$/, 'http://collector:4318').optional(),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: url(/^https?$/, 'http://collector:4318/v1/traces').optional(),
  OTEL_EXPORTER_OTLP_HEADERS: z.string().default('').transform(headersOf),
  OTEL_SERVICE_NAME: z.string().optional(),
  OTEL_TRACES_SAMPLER_ARG: z.coerce
    .number({ error: 'has to be a share of the traces, 0 to 1' })
    .min(0, { error: 'has to be 0 or more' })
    .max(1, { error: 'has to be 1 or less' })
    .default(1),
  TANDEM_CRM_URL: url(/^https?$/, 'http://127.0.0.1:4001/graphql').optional(),
  TANDEM_ERP_URL: url(/^https?$/, 'http://127.0.0.1:4002/graphql').optional(),
  /** For the operators' commands: the gateway they ask, and what they show it. */
  TANDEM_URL: url(/^https?$/, 'http://127.0.0.1:4000').optional(),
  TANDEM_TOKEN: z.string().optional(),
  TANDEM_CRM_RATE: rate.optional(),
  TANDEM_ERP_RATE: rate.optional(),
  TANDEM_MASS_EDIT_SHARE: z.coerce
    .number({ error: 'has to be a share of a flow, 0 to 1' })
    .min(0, { error: 'has to be 0 or more' })
    .max(1, { error: 'has to be 1 or less' })
    .default(0.5),
  TANDEM_SYNC_URL: url(/^https?$/, 'http://127.0.0.1:4003/graphql').optional(),
});

/** All settings, by the name of their variable. */
export const settingNames: readonly string[] = Object.keys(variables.shape);

/** How many calls each system takes. */
export const ratesOf = ({ TANDEM_CRM_RATE, TANDEM_ERP_RATE }: Settings) => ({
  crm: TANDEM_CRM_RATE,
  erp: TANDEM_ERP_RATE,
});

/** Their values never appear in a message. */
const secrets = new Set([
  'TANDEM_TOKEN',
  'TANDEM_JWT_SECRET',
  'TANDEM_SUBGRAPH_SECRET',
  'TANDEM_API_KEYS',
  'OTEL_EXPORTER_OTLP_HEADERS',
]);

/**
 * Reads the settings from the environment; what the command line gave goes over it, and the `usual` values of a
 * command under it. This is the only place that knows `process.env`. Throws a SettingsError that lists all mistakes.
 */
export function readSettings(
  given: GivenSettings = {},
  usual: GivenSettings = {},
  env: Readonly<Record<string, string | undefined>> = process.env,
): Settings {
  const values = Object.fromEntries(
    Object.entries({ ...usual, ...withoutGaps(env), ...withoutGaps(given) }).filter(
      ([, value]) => value !== undefined,
    ),
  );
  const parsed = variables.safeParse(values);
  const mistakes = [
    ...(parsed.success
      ? together(parsed.data)
      : parsed.error.issues.map(({ path, message }) => ({ name: String(path[0]), message }))),
    ...unknownNames(values).map((name) => ({
      name,
      message: 'is not a setting of Tandem: is the name misspelt?',
    })),
  ];
  if (parsed.success && mistakes.length === 0) return parsed.data;
  const lines = mistakes.map(({ name, message }) => `  ${shown(name, values[name])} ${message}.`);
  throw new SettingsError(
    `${lines.length === 1 ? 'A setting is' : `${lines.length} settings are`} wrong:\n${lines.join('\n')}`,
  );
}

/** Rules about several settings at once. */
function together(settings: Settings): readonly { name: string; message: string }[] {
  const {
    TANDEM_JWT_SECRET,
    TANDEM_JWKS_URL,
    TANDEM_JWT_ISSUER,
    TANDEM_JWT_AUDIENCE,
    TANDEM_API_KEYS,
    TANDEM_HOST,
  } = settings;
  const jwt = TANDEM_JWT_SECRET ?? TANDEM_JWKS_URL;
  const rules = [
    {
      broken: TANDEM_JWT_SECRET !== undefined && TANDEM_JWKS_URL !== undefined,
      name: 'TANDEM_JWKS_URL',
      message: 'and TANDEM_JWT_SECRET exclude each other: keep one of them',
    },
    {
      broken: jwt !== undefined && TANDEM_JWT_ISSUER === undefined,
      name: 'TANDEM_JWT_ISSUER',
      message: 'is needed to check tokens: set it to their "iss"',
    },
    {
      broken: jwt !== undefined && TANDEM_JWT_AUDIENCE === undefined,
      name: 'TANDEM_JWT_AUDIENCE',
      message: 'is needed to check tokens: set it to their "aud"',
    },
    {
      broken: jwt === undefined && TANDEM_API_KEYS.length === 0 && !isLoopback(TANDEM_HOST),
      name: 'TANDEM_HOST',
      message:
        'would let everyone in: set TANDEM_JWT_SECRET, TANDEM_JWKS_URL or TANDEM_API_KEYS, or listen on 127.0.0.1',
    },
  ];
  return rules.filter(({ broken }) => broken);
}

/** Whether an address can be reached from this machine alone. */
function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}

function unknownNames(values: Readonly<Record<string, string | undefined>>): readonly string[] {
  return Object.keys(values).filter(
    (name) => name.startsWith('TANDEM_') && !name.startsWith('TANDEM_TEST_') && !settingNames.includes(name),
  );
}

function shown(name: string, value: string | undefined): string {
  if (value === undefined) return name;
  if (secrets.has(name)) return `${name}=***`;
  return `${name}=${withoutPassword(value)}`;
}

/**
 * What may be wrong about an address is where its password begins and ends: so all before the last @ goes, but for a
 * scheme at its start and a user behind that, and all behind `password=`.
 */
function withoutPassword(value: string): string {
  const named = /\bpassword\s*=/i.exec(value);
  if (named && value.includes('@')) return '***';
  if (named) return `${value.slice(0, named.index)}${named[0]}***`;
  return value.replace(/^([a-z][a-z\d+.-]*:\/\/(?:[^:@/]*:)?)?.*@/is, '$1***@');
}

/** A variable that is empty counts as not set. */
function withoutGaps<T extends object>(given: T): Partial<T> {
  return Object.fromEntries(
    Object.entries(given).filter(([, value]) => value !== undefined && value !== ''),
  ) as Partial<T>;
}

/** `name=value` pairs divided by commas, percent-encoded, as OpenTelemetry writes them. */
function headersOf(text: string, context: z.RefinementCtx): Readonly<Record<string, string>> {
  const pairs = text.split(',').filter((pair) => pair.includes('='));
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=');
      const name = pair.slice(0, at).trim().toLowerCase();
      return [name, decoded(pair.slice(at + 1).trim(), name, context)];
    }),
  );
}

function decoded(value: string, name: string, context: z.RefinementCtx): string {
  try {
    return decodeURIComponent(value);
  } catch {
    context.addIssue(
      `has to be name=value pairs divided by commas, percent-encoded: the value of ${name} is not, write % as %25`,
    );
    return value;
  }
}
