import type { OperatorCommand } from './command.ts';

const flow = ['--flow <flow>', 'only this flow: customer, quote-order, …'] as const;
const flows = ['--flows <flows>', 'only these flows, divided by commas'] as const;
const check = ['--check', 'exit with 1 when there is any'] as const;
const preview = ['--preview', 'show what it would do, do nothing'] as const;
const reason = ['--reason <text>', 'why, for the audit trail'] as const;
const detach = ['--detach', 'start it and come back; `tandem run` looks at it'] as const;

/** Without a flow `tandem sync` runs the sync itself, so this one shares its name. */
export const syncOne: OperatorCommand = {
  name: 'sync [flow]',
  description: 'bring the pair of one record into step now',
  options: [
    ['--id <id>', 'id of the link or the unified record'],
    ['--crm-id <id>', 'id of the record in the CRM'],
    ['--erp-id <id>', 'id of the record in the ERP'],
    ['--prefer <side>', 'crm or erp: whose value stands where both changed a field'],
    preview,
    reason,
  ],
  load: async () => (await import('./acts.ts')).sync,
};

/** The operators' other commands. */
export const operatorCommands: readonly OperatorCommand[] = [
  {
    name: 'status',
    description: 'flows and systems as they are; exits with 1 when a system is away or work has failed',
    options: [['--watch', 'and go on showing them']],
    load: async () => (await import('./status.ts')).status,
  },
  {
    name: 'issues',
    description: 'what a person has to know, by cause',
    options: [flow, ['--code <code>', 'each issue of this code'], check],
    load: async () => (await import('./findings.ts')).issues,
  },
  {
    name: 'conflicts',
    description: 'fields that both sides changed, for a person to decide',
    options: [flow, check],
    load: async () => (await import('./findings.ts')).conflicts,
  },
  {
    name: 'proposals',
    description: 'records that may be the same, with score and evidence',
    options: [flow, check],
    load: async () => (await import('./findings.ts')).proposals,
  },
  {
    name: 'waiting',
    description: 'what holds most back, the worst first',
    options: [flow, check],
    load: async () => (await import('./findings.ts')).waiting,
  },
  {
    name: 'dead-letters',
    description: 'work that gave up, by cause',
    options: [flow, ['--code <code>', 'each letter of this code, with request and answer'], check],
    load: async () => (await import('./findings.ts')).deadLetters,
  },
  {
    name: 'retry [ids...]',
    description:
      'run dead letters and failed links again: by id, by flow, by code, by time; exits with 1 when an id has nothing to run',
    options: [
      flow,
      ['--code <code>', 'only of this code'],
      ['--since <time>', 'only what gave up from then on, such as 2026-11-26T08:00:00Z'],
      ['--until <time>', 'only what gave up before'],
      preview,
      reason,
    ],
    load: async () => (await import('./acts.ts')).retry,
  },
  {
    name: 'pause <flow>',
    description: 'let a flow rest; its changes are kept',
    options: [preview, ['--reason <text>', 'shown to everyone who looks, and kept in the audit trail']],
    load: async () => (await import('./rest.ts')).pause,
  },
  {
    name: 'resume <flow>',
    description: 'let a flow go on',
    options: [preview, reason],
    load: async () => (await import('./rest.ts')).resume,
  },
  {
    name: 'set-flow <flow>',
    description: 'set how records of a flow come to be linked, and what a deletion does to the other side',
    options: [
      ['--rule <rule>', 'every, match, connected, never; of quote-order also accepted'],
      ['--on-delete-in-crm <policy>', 'archive, unlink or delete'],
      ['--on-delete-in-erp <policy>', 'archive, unlink or delete'],
      ['--create-crm-order <how>', 'of order: by-hand or on-acceptance'],
      preview,
      reason,
    ],
    load: async () => (await import('./rules.ts')).setFlow,
  },
  {
    name: 'set-field <flow> <field>',
    description:
      "set which way a field travels, who wins, and how long an edit rests; a line's is lines.quantity",
    options: [
      ['--direction <direction>', 'both, to-erp, to-crm or off'],
      ['--wins <winner>', 'latest, crm, erp or inbox'],
      ['--settle <seconds>', 'how long an edit rests before it travels'],
      ['--declared', 'all as the mapping declares it'],
      preview,
      reason,
    ],
    load: async () => (await import('./rules.ts')).setField,
  },
  {
    name: 'unlink <id>',
    description: 'end a link; its records stay, but for what --keep leaves out',
    options: [
      ['--keep <side>', 'both, crm or erp: the record of the other is archived (default: both)'],
      preview,
      reason,
    ],
    load: async () => (await import('./surgery.ts')).unlink,
  },
  {
    name: 'relink <id>',
    description: 'link a record with another one than now',
    options: [
      ['--crm-id <id>', 'the record of the CRM that it is to be linked with'],
      ['--erp-id <id>', 'the record of the ERP that it is to be linked with'],
      preview,
      reason,
    ],
    load: async () => (await import('./surgery.ts')).relink,
  },
  {
    name: 'swap <a> <b>',
    description: 'two pairs were linked crosswise: link their records the other way round',
    options: [
      ['--prefer <side>', 'crm or erp: whose values stand on both pairs (default: crm)'],
      preview,
      reason,
    ],
    load: async () => (await import('./surgery.ts')).swap,
  },
  {
    name: 'codes [list]',
    description: 'the code lists of the company, or one: payment-terms, country, …',
    load: async () => (await import('./codes.ts')).codes,
  },
  {
    name: 'set-code <list> <crm> <erp>',
    description: 'map a code of the CRM to one of the ERP; what waited for it goes on',
    options: [
      ['--direction <direction>', 'both, to-crm or to-erp (default: both; of country to-crm)'],
      ['--from <time>', 'only from then on, such as 2026-12-01'],
      ['--until <time>', 'only before'],
      preview,
      reason,
    ],
    load: async () => (await import('./codes.ts')).setCode,
  },
  {
    name: 'remove-code <list> <crm> <erp>',
    description:
      'take a pair of codes away; records keep what they show, and raise an issue when they next sync',
    options: [preview, reason],
    load: async () => (await import('./codes.ts')).removeCode,
  },
  {
    name: 'erase <side> <entity> <id>',
    description:
      "erase a person's data in both systems, base, events and dead letters; a preview without --yes",
    options: [['--yes', 'do it: this cannot be undone'], reason],
    load: async () => (await import('./acts.ts')).erase,
  },
  {
    name: 'backfill',
    description: 'match and sync what is there on both sides; exits with 1 when something failed',
    options: [flows, preview, detach, reason],
    load: async () => (await import('./runs.ts')).backfill,
  },
  {
    name: 'reconcile',
    description: 'compare everything; exits with 1 when something is not in step and was not repaired',
    options: [
      flows,
      ['--repair', 'put right what is found'],
      ['--quick', 'compare only what has moved, not all values'],
      detach,
      reason,
    ],
    load: async () => (await import('./runs.ts')).reconcile,
  },
  {
    name: 'run [id]',
    description: 'watch a run to its end; without an id, list the latest',
    options: [['--cancel', 'end it'], ['--rerun-failed', 'run again what failed in it'], reason],
    load: async () => (await import('./runs.ts')).run,
  },
  {
    name: 'drift <flow>',
    description: 'compare the pairs of a flow live, field by field',
    options: [['--limit <pairs>', 'stop after so many pairs (default: all)'], check],
    load: async () => (await import('./drift.ts')).drift,
  },
  {
    name: 'round-trip <flow>',
    description:
      'send every value of a flow to the other side and home, in thought: what does not come back, and why',
    options: [
      ['--limit <pairs>', 'stop after so many pairs (default: all)'],
      ['--check', 'exit with 1 when a value breaks that nobody declared lossy'],
    ],
    load: async () => (await import('./round-trip.ts')).roundTrip,
  },
  {
    name: 'dataflow [flow]',
    description: 'the mappings as a checklist with what was measured',
    options: [['--format <format>', 'md or rst; default: a summary']],
    load: async () => (await import('./dataflow.ts')).dataflow,
  },
  {
    name: 'events',
    description: 'the event log: what changed, from what to what, who won and why',
    options: [
      ['--follow', 'go on as they come'],
      ['--after <cursor>', 'start behind this cursor; implies --follow'],
      ['--last <number>', 'so many of the latest, at most 100 (default 20)'],
      flow,
    ],
    load: async () => (await import('./events.ts')).events,
  },
  {
    name: 'acts',
    description: 'the audit trail: what people did by hand, who and why',
    options: [
      ['--last <number>', 'so many of the latest, at most 100 (default 20)'],
      ['--actor <name>', 'only what this one did'],
      ['--name <mutation>', 'only this mutation: unlink, setField, …'],
      ['--link <id>', 'only what was done to this link or unified record'],
      ['--refused', 'only what was refused'],
      ['--check', 'exit with 1 when one of these was refused or left open'],
    ],
    load: async () => (await import('./trail.ts')).acts,
  },
];
