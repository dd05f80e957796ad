/** What a mapping says of one property, as `dataflow` tells it. */
export interface Property {
  readonly field: string;
  readonly crmProperty: string | null;
  readonly crmType: string | null;
  readonly erpProperty: string | null;
  readonly erpType: string | null;
  readonly direction: string;
  readonly scope: string | null;
}

/** A flow with its properties, as `dataflow` tells it. */
export interface FlowShape {
  readonly flow: string;
  readonly crmEntity: string;
  readonly erpEntity: string;
  readonly properties: readonly Property[];
  readonly lines: readonly Property[];
}

/** One of the two systems. */
export type Side = 'crm' | 'erp';

/**
 * The operations on single records: which properties there are is told by the graph (`dataflow`), so that no list of
 * them is kept here. `scopes` are what the caller may see beside the plain properties.
 */
export function recordQuery(shape: FlowShape, scopes: readonly string[]): string {
  const rows = shape.properties.filter((row) => mayShow(row, scopes));
  const lines = shape.lines.filter((row) => mayShow(row, scopes));
  const sideOf = (side: Side) =>
    `${side} { id version updatedAt updatedBy archived ${selected(rows, side)} ${linesOf(lines, side)} }`;
  return `query Record($id: ID!) { record: ${camel(shape.flow)}(id: $id) {
    id crmId erpId archived ${selected(rows, 'crm')}
    link {
      id flow title state crmId erpId syncedAt staleSince endedBy linkedBy { kind key score }
      waitsFor { on text reason } held { field line side kind message } conflicts { id field }
      drift { field line base crm erp crmTitle erpTitle verdict why }
    }
    ${sideOf('crm')} ${sideOf('erp')}
  } }`;
}

/** Searches the records of a flow by name or number, and by the state of their links. */
export function findQuery(flow: string): string {
  const name = pascal(flow);
  return `query Find($first: Int = 30, $after: String, $search: String, $filter: ${name}Filter) {
    records: ${camel(flow)}s(first: $first, after: $after, search: $search, filter: $filter) {
      totalCount pageInfo { hasNextPage endCursor }
      nodes { id crmId erpId updatedAt link { id title state syncedAt } }
    }
  }`;
}

/** The properties of one record of one system, such as the candidate of a match. */
export function sideQuery(shape: FlowShape, side: Side, scopes: readonly string[]): string {
  const rows = shape.properties.filter((row) => mayShow(row, scopes));
  const entity = entityOf(shape, side);
  return `query Side($id: ID!) { record: ${entity.charAt(0).toLowerCase()}${entity.slice(1)}(id: $id) {
    id archived ${selected(rows, side)} } }`;
}

/** Changes properties of a record of one system: refused where someone else has been faster. */
export function updateMutation(shape: FlowShape, side: Side): string {
  const entity = entityOf(shape, side);
  return `mutation Update($id: ID!, $input: ${entity}Patch!, $ifVersion: String) {
    record: update${entity}(id: $id, input: $input, ifVersion: $ifVersion) { id version }
  }`;
}

/** Brings the pair of one id into step now, or previews it. Append the fragments of `result.graphql`. */
export function syncMutation(flow: string): string {
  return `mutation Sync($id: ID, $crmId: ID, $erpId: ID, $mode: SyncMode, $prefer: Side, $reason: String) {
    result: sync${pascal(flow)}(id: $id, crmId: $crmId, erpId: $erpId, mode: $mode, prefer: $prefer, reason: $reason) { ...Result }
  }`;
}

/** Whether a side has the property under that name: some rows name what is made from several. */
export function isShownOn(row: Property, side: Side): boolean {
  const [name, type] = nameAndType(row, side);
  // Lines are shown as a list of their own, from the rows of what each of them has.
  return name !== null && type !== null && type !== '[Line]' && /^\w+$/.test(name);
}

/** The names of the parts of an address or of a list's elements; none for a plain value. */
export function partsOf(type: string | null): readonly string[] {
  return /\{([^}]*)\}/.exec(type ?? '')?.[1]?.split(' ') ?? [];
}

function nameAndType(row: Property, side: Side): readonly [string | null, string | null] {
  return side === 'crm' ? [row.crmProperty, row.crmType] : [row.erpProperty, row.erpType];
}

function entityOf(shape: FlowShape, side: Side): string {
  return side === 'crm' ? shape.crmEntity : shape.erpEntity;
}

function mayShow({ direction, scope }: Property, scopes: readonly string[]): boolean {
  return direction !== 'OFF' && (scope === null || scopes.includes(scope));
}

/** The selection of a side, each property once; ids are selected by whoever asks. */
function selected(rows: readonly Property[], side: Side): string {
  const fields = rows
    .filter((row) => isShownOn(row, side))
    .map((row) => {
      const [name, type] = nameAndType(row, side);
      const parts = partsOf(type);
      return parts.length === 0 ? name! : `${name} { ${parts.join(' ')} }`;
    });
  return [...new Set(fields)].filter((field) => field !== 'id' && field !== 'lineId').join(' ');
}

function linesOf(lines: readonly Property[], side: Side): string {
  return lines.length === 0 ? '' : `lines { lineId ${selected(lines, side)} }`;
}

/** `QUOTE_ORDER` → `QuoteOrder`. */
function pascal(flow: string): string {
  return flow
    .split('_')
    .map((word) => word.charAt(0) + word.slice(1).toLowerCase())
    .join('');
}

function camel(flow: string): string {
  const name = pascal(flow);
  return name.charAt(0).toLowerCase() + name.slice(1);
}
