import { expect, inject, it } from 'vitest';
import type { Side } from '../../sync/core/types.ts';
import { ask, at, data, members, type Tree } from './fixture.ts';
import { startLive } from './live.ts';

/**
 * Whatever people do to records and links, in any order: each living record is in one unified record of the lists, every
 * id that was ever handed out answers with what it stood for, and lists agree with references.
 */
const live = await startLive();
const random = randomOf(inject('seed'));
const acts = 90;
/** Acts between two looks at everything. */
const every = 6;

const settled = { SYNCED: true, ENDED: true } as const;

type Type = 'Customer' | 'Contact';
const lists = { Customer: 'customers', Contact: 'contacts' } as const;

interface Shown {
  readonly id: string;
  readonly crmId: string | null;
  readonly erpId: string | null;
  readonly link?: Tree;
}

/** What was done, for people who read a failure. */
const story: string[] = [];
interface Stood extends Pick<Shown, 'crmId' | 'erpId'> {
  /** The CRM records whose ids answered for it, where there was only an ERP record under its own. */
  readonly into: ReadonlySet<string>;
}

/** The record of either system that was last shown under every id. */
const handedOut: Readonly<Record<Type, Map<string, Stood>>> = {
  Customer: new Map(),
  Contact: new Map(),
};

it('each record is listed once, every id answers, and lists agree with references', {
  timeout: 240_000,
}, async ({ onTestFailed }) => {
  onTestFailed(tell);
  for (let n = 0; n < acts; n++) {
    const name = random.one(Object.keys(deeds));
    await deeds[name]!();
    await live.sync.quiet();
    if (n % every === every - 1) await look();
    else await remember();
  }
  await post('mutation { resumeFlow(flow: CUSTOMER) { paused } }');
  await post('mutation { resumeFlow(flow: CONTACT) { paused } }');
  await live.sync.quiet();
  await look();
});

/** For people who read a failure: what was done, and what there is of links. */
async function tell(): Promise<void> {
  const links = await live.sql<{ row: string }[]>`
    select concat_ws(' ', id, mapping, 'crm', crm_id, 'erp', erp_id, state, ended_by, linked_by, 'record', record, 'of', ended_link,
      case when agreed <> '{}' then 'read' end) as row from sync.link l order by id`;
  console.log([...story, ...links.map(({ row }) => row)].join('\n'));
}

async function look(): Promise<void> {
  for (const type of ['Customer', 'Contact'] as const) {
    const shown = await listed(type);
    for (const side of ['crm', 'erp'] as const) {
      const alive = await living(side, type);
      // What is not in step may name a record that is gone: nobody has looked.
      const own = shown.flatMap((node) => {
        const id = node[`${side}Id`];
        return id !== null && (alive.includes(id) || String(at(node.link, 'state')) in settled) ? [id] : [];
      });
      expect({ type, side, own: own.toSorted() }).toEqual({ type, side, own: alive });
    }
    expect(new Set(shown.map(({ id }) => id)).size).toBe(shown.length);
    await answered(type, shown);
  }
  await belonging();
}

/** An id may gain a record with one act and go with it at the next: what it stands for is known after each. */
async function remember(): Promise<void> {
  for (const type of ['Customer', 'Contact'] as const)
    for (const node of await listed(type)) handOut(type, node);
}

/** All of a list, page by page. */
async function listed(type: Type): Promise<readonly Shown[]> {
  const nodes: Tree[] = [];
  for (let after = 'null'; ; ) {
    const page = (
      await post(
        `{ all: ${lists[type]}(first: 7, after: ${after}) { totalCount nodes { id crmId erpId link { state } } pageInfo { hasNextPage endCursor } } }`,
      )
    ).all!;
    nodes.push(...members(page.nodes));
    if (at(page, 'pageInfo.hasNextPage') as unknown) after = JSON.stringify(at(page, 'pageInfo.endCursor'));
    else {
      expect(page.totalCount).toBe(nodes.length);
      return nodes as unknown as readonly Shown[];
    }
  }
}

async function living(side: Side, entity: Type): Promise<readonly string[]> {
  const rows = await live.sql<
    { id: string }[]
  >`select id from ${live.sql(side)}.${live.sql(entity.toLowerCase())}`;
  const found = await live.systems[side].read(
    entity,
    rows.map(({ id }) => id),
  );
  return [...found.keys()].toSorted();
}

/** An id goes with the CRM record that was last shown under it, or else with the ERP record that was last. */
async function answered(type: Type, shown: readonly Shown[]): Promise<void> {
  for (const node of shown) handOut(type, node);
  const known = handedOut[type];
  if (known.size === 0) return;
  const asked = [...known.keys()].map(
    (id, n) => `r${n}: ${type.toLowerCase()}(id: "${id}") { id crmId erpId }`,
  );
  const answer: Readonly<Record<string, unknown>> = await post(`{ ${asked.join(' ')} }`);
  for (const [n, [id, { crmId, erpId, into }]] of [...known].entries()) {
    const holder =
      shown.find((node) => crmId !== null && node.crmId === crmId) ??
      shown.find((node) => erpId !== null && node.erpId === erpId);
    // An id of an ERP record that went into a CRM record's may stay there, wherever that ERP record goes afterwards.
    const others = shown.filter((node) => node.crmId !== null && into.has(node.crmId));
    const allowed = [holder ? shownOf(holder) : null, ...others.map(shownOf)];
    expect(
      allowed.map((now) => ({ id, now })),
      id,
    ).toContainEqual({ id, now: answer[`r${n}`] });
    // A CRM record keeps its id, whatever it is linked with; an ERP record answers to that as long as they are linked.
    if (holder && crmId !== null && holder.crmId === crmId) expect(holder.id).toBe(id);
  }
}

function handOut(type: Type, { id, crmId, erpId }: Shown): void {
  const known = handedOut[type];
  const before = known.get(id);
  known.set(id, {
    crmId: crmId ?? before?.crmId ?? null,
    erpId: erpId ?? before?.erpId ?? null,
    into: before?.into ?? new Set(),
  });
  if (crmId === null || erpId === null) return;
  for (const [other, stood] of known)
    if (other !== id && stood.crmId === null && stood.erpId === erpId)
      known.set(other, { ...stood, into: new Set([...stood.into, crmId]) });
}

const shownOf = ({ id, crmId, erpId }: Shown) => ({ id, crmId, erpId });

/** The contacts listed under a customer are those that say they are its. */
async function belonging(): Promise<void> {
  const { customers, contacts } = await post(
    `{ customers(first: 100) { nodes { id contacts(first: 100) { totalCount nodes { id } } } } contacts(first: 100) { nodes { id customer { id } } } }`,
  );
  const said = members(at(contacts, 'nodes'));
  for (const node of members(at(customers, 'nodes'))) {
    const own = said
      .filter((contact) => String(at(contact, 'customer')?.id) === String(node.id))
      .map(({ id }) => String(id));
    const under = members(at(node, 'contacts.nodes')).map(({ id }) => String(id));
    expect({ of: node.id, under: under.toSorted() }).toEqual({
      of: node.id,
      under: own.toSorted(),
    });
    expect(at(node, 'contacts.totalCount')).toBe(own.length);
  }
}

const person = { actor: 'kari', origin: 'person' } as const;
let made = 0;

/** All that is done, each with records drawn at random; what is refused changes nothing. */
const deeds: Readonly<Record<string, () => Promise<void>>> = {
  createCrm: () => create('crm', 'Customer', { name: `Kunde ${made++}`, kind: 'PERSON' }),
  createErp: () => create('erp', 'Customer', { name: `Partner ${made++}`, partnerType: 'PERSON' }),
  createCrmContact: async () => {
    const customerId = await some('crm', 'Customer');
    if (customerId) await create('crm', 'Contact', { lastName: `Kontakt${made++}`, customerId });
  },
  createErpContact: async () => {
    const customerId = await some('erp', 'Customer');
    if (customerId) await create('erp', 'Contact', { lastName: `Person${made++}`, customerId });
  },
  edit: () =>
    written((id, side, entity) => ({
      kind: 'update',
      entity,
      id,
      fields: { [side === 'crm' || entity === 'Contact' ? 'phone' : 'phoneNo']: `+47221${10000 + made++}` },
    })),
  archive: () => written((id, _, entity) => ({ kind: 'archive', entity, id })),
  restore: () => written((id, _, entity) => ({ kind: 'restore', entity, id })),
  delete: () => written((id, _, entity) => ({ kind: 'delete', entity, id })),
  unlink: () => ofLink((id) => `unlink(id: "${id}", keep: ${random.one(['BOTH', 'BOTH', 'CRM', 'ERP'])})`),
  link: () => bothSides((flow, crmId, erpId) => `link(flow: ${flow}, crmId: "${crmId}", erpId: "${erpId}")`),
  relink: () => ofLink(async (id, type) => `relink(id: "${id}", erpId: "${await some('erp', type)}")`),
  swap: () => ofLink(async (a, type) => `swapLinks(a: "${a}", b: "${await linkOf(type)}")`),
  sync: () => ofLink((id, type) => `sync${type}(id: "${id.replace('Link', type)}")`),
  merge: async () => {
    const side = random.one(['crm', 'erp'] as const);
    const [from, into] = [await some(side, 'Customer'), await some(side, 'Customer')];
    await done(
      `followMerge(side: ${side.toUpperCase()}, entity: CUSTOMER, from: "${from}", into: "${into}")`,
    );
  },
  revert: async () => {
    const found = await live.sql<{ id: string }[]>`
      select id from sync.event where outcome = 'unlinked' and pos is not null order by pos desc limit 4`;
    if (found.length > 0) await done(`revert(eventId: "Event_${random.one(found).id}", mode: APPLY)`);
  },
  erase: async () => {
    const side = random.one(['crm', 'erp'] as const);
    await done(
      `erase(ref: { side: ${side.toUpperCase()}, entity: CUSTOMER, id: "${await some(side, 'Customer')}" }, mode: APPLY)`,
      'proof',
    );
  },
  pause: () => done(`pauseFlow(flow: ${random.one(['CUSTOMER', 'CONTACT'])})`, 'paused'),
  resume: () => done(`resumeFlow(flow: ${random.one(['CUSTOMER', 'CONTACT'])})`, 'paused'),
  resumeToo: () => done(`resumeFlow(flow: ${random.one(['CUSTOMER', 'CONTACT'])})`, 'paused'),
};

async function create(side: Side, entity: Type, fields: Readonly<Record<string, string>>): Promise<void> {
  const { id } = await live.create(side, entity, fields);
  story.push(`create ${side} ${entity} ${id}`);
}

async function written(writeOf: (id: string, side: Side, entity: Type) => object): Promise<void> {
  const [side, entity] = [random.one(['crm', 'erp'] as const), random.one(['Customer', 'Contact'] as const)];
  const id = await some(side, entity);
  if (id === null) return;
  const write = writeOf(id, side, entity);
  const [result] = await live.systems[side].write([write as never], person);
  story.push(`${side} ${JSON.stringify(write)} ${result?.kind}`);
}

async function bothSides(documentOf: (flow: string, crmId: string, erpId: string) => string): Promise<void> {
  const type = random.one(['Customer', 'Contact'] as const);
  const [crmId, erpId] = [await some('crm', type), await some('erp', type)];
  if (crmId && erpId) await done(documentOf(type.toUpperCase(), crmId, erpId));
}

async function ofLink(documentOf: (id: string, type: Type) => string | Promise<string>): Promise<void> {
  const type = random.one(['Customer', 'Contact'] as const);
  const id = await linkOf(type);
  if (id !== null) await done(await documentOf(id, type));
}

async function linkOf(type: Type): Promise<string | null> {
  const found = await live.sql<{ id: string }[]>`
    select id from sync.link where mapping = ${type.toLowerCase()} and state <> 'ended' order by id`;
  return found.length === 0 ? null : `Link_${random.one(found).id}`;
}

async function some(side: Side, entity: Type): Promise<string | null> {
  const ids = await living(side, entity);
  return ids.length === 0 ? null : random.one(ids);
}

/** An act of the graph; it may be refused, but must not break. */
async function done(act: string, selected = 'outcome'): Promise<void> {
  const { errors } = await ask(live.subgraph, `mutation { ${act} { ${selected} } }`);
  story.push(`${act} ${errors?.[0]?.message ?? ''}`);
  expect(
    errors?.map(({ extensions, message }) => ({ code: extensions?.code, message })) ?? [],
  ).not.toContainEqual({ code: 'INTERNAL_SERVER_ERROR', message: expect.any(String) });
}

const post = (document: string): Promise<Tree> => data(live.subgraph, document);

/** Draws that a seed repeats (mulberry32). */
function randomOf(seed: number) {
  let state = seed;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  return { one: <Item>(items: readonly Item[]): Item => items[Math.floor(next() * items.length)]! };
}
