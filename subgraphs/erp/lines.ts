import { decimal, shortest } from '../system/amounts.ts';
import type { Company } from '../system/company.ts';
import { badInput, Refusal } from '../system/failures.ts';
import type { Fields } from '../system/model.ts';
import type { Draft, LineDraft, World } from '../system/rules.ts';

/** What of a line its item decides or judges. */
export const judgedByItem: ReadonlySet<string> = new Set([
  'unitCode',
  'unitPrice',
  'quantity',
  'vatProductGroup',
  'vatPercent',
]);

/** Fills a document's lines from their items: text, unit, price and VAT; and guards their quantities. */
export function settleLines(draft: Draft, world: World): void {
  const regrouped =
    draft.before !== null && draft.before.fields.vatBusinessGroup !== draft.fields.vatBusinessGroup;
  let freight = 0;
  for (const [n, line] of draft.lines.entries()) {
    fillFromItem(draft, line, world, regrouped, n);
    settleQuantity(draft, line, world, n);
    if (line.fields.type === 'CHARGE' && line.fields.lineCode === 'FREIGHT' && ++freight > 1) {
      throw badInput(`lines[${n}].lineCode`, 'FREIGHT', 'occurs twice; a document has one freight line.');
    }
  }
  for (const line of draft.removed) {
    if (draft.origin !== 'system' && decimal(line.quantityShipped).gt(0)) {
      throw new Refusal('STATE', `lines: line ${line.lineNo} is shipped and cannot be removed.`, {
        field: 'lines',
        value: line.lineId!,
      });
    }
  }
  removeAttached(draft);
}

/** A line goes with the COMMENT lines attached to it, but for one that the same write names. */
function removeAttached({ lines, removed }: Draft): void {
  const gone = new Set(removed.map(({ lineId }) => lineId));
  if (gone.size === 0) return;
  for (const line of [...lines]) {
    const { type, attachedTo } = line.fields;
    if (!line.before || line.given.size > 0 || type !== 'COMMENT' || !gone.has(attachedTo)) continue;
    lines.splice(lines.indexOf(line), 1);
    removed.push(line.before);
  }
}

function fillFromItem(
  { origin, fields: header }: Draft,
  line: LineDraft,
  world: World,
  regrouped: boolean,
  n: number,
): void {
  const { fields, before, given } = line;
  const path = `lines[${n}].`;
  if (fields.type === 'ITEM' && fields.productId === null) {
    throw badInput(`${path}itemNo`, undefined, 'is missing: an ITEM line needs itemNo or productId.');
  }
  const chosen = fields.productId !== null && fields.productId !== (before?.productId ?? null);
  // A line that keeps its item, and of which nothing is given that hangs on it, keeps what it took from it.
  const hangs = chosen || regrouped || [...given].some((name) => judgedByItem.has(name));
  const item = hangs && fields.productId !== null ? world.find('Product', fields.productId) : undefined;
  if (chosen && item) {
    guardItem(origin, before, item, path);
    const fill = (name: string, value: Fields[string] | undefined) => {
      if (fields[name] === null || (before && !given.has(name))) fields[name] = value ?? null;
    };
    fill('description', item.description);
    fill('unitCode', item.baseUnitCode);
    fill('vatProductGroup', item.vatProductGroup);
  }
  fields.unitCode ??= item?.baseUnitCode ?? world.company.erpUnit;
  fields.vatProductGroup ??= world.company.vatProductGroup;
  // A unit that the line had before may have left its item since.
  const anew = chosen || fields.unitCode !== before?.unitCode;
  if (item && anew) {
    const factor = factorOf(item, fields.unitCode as string);
    // What is written in is no item of its own: it has any unit.
    const isWrittenIn = item.itemNo === world.company.writeInItem.itemNo;
    if (!factor && origin === 'person' && !isWrittenIn) {
      const units = [item.baseUnitCode, ...unitsOf(item).map(({ code }) => code)];
      throw badInput(
        `${path}unitCode`,
        fields.unitCode,
        `is no unit of ${item.itemNo}; it is sold in ${units.join(', ')}.`,
      );
    }
    fields.qtyPerBase = factor ?? '1';
  }
  settleVat(header, line, item, regrouped, world.company);
  settlePrice(header, line, item, anew, world.company);
}

function guardItem(
  origin: Draft['origin'],
  before: LineDraft['before'],
  item: Readonly<Fields>,
  path: string,
): void {
  if (origin === 'person' && (item.salesBlocked === true || item.archived === true)) {
    throw new Refusal('STATE', `${path}itemNo: ${item.itemNo} is retired and refused on new lines.`, {
      field: `${path}itemNo`,
      value: item.itemNo!,
    });
  }
  if (before && decimal(before.quantityShipped).gt(0) && origin !== 'system') {
    throw new Refusal('STATE', `${path}itemNo is frozen: the line is shipped.`, {
      field: `${path}itemNo`,
      value: item.itemNo!,
    });
  }
}

function unitsOf(item: Readonly<Fields>) {
  return (item.itemUnits ?? []) as readonly { readonly code: string; readonly qtyPerBase: string }[];
}

function factorOf(item: Readonly<Fields>, unit: string): string | undefined {
  return unit === item.baseUnitCode ? '1' : unitsOf(item).find(({ code }) => code === unit)?.qtyPerBase;
}

function settleVat(
  header: Readonly<Fields>,
  { fields, before, given }: LineDraft,
  item: Readonly<Fields> | undefined,
  regrouped: boolean,
  company: Company,
): void {
  if (given.has('vatPercent') && fields.vatPercent !== null) return;
  const same = before && before.vatProductGroup === fields.vatProductGroup && fields.vatPercent !== null;
  if (same && !regrouped) return;
  if (fields.type === 'COMMENT' || !company.taxedBusinessGroups.includes(header.vatBusinessGroup as string)) {
    fields.vatPercent = '0';
    return;
  }
  const own = item && item.vatProductGroup === fields.vatProductGroup ? item.vatPercent : undefined;
  fields.vatPercent = own ?? vatPercentOf(company, fields.vatProductGroup as string);
}

/** Domestic VAT percent of a product group; none where the company has none for it. */
export function vatPercentOf({ vatPercents }: Company, group: string): string {
  return Object.hasOwn(vatPercents, group) ? vatPercents[group]! : '0';
}

function settlePrice(
  header: Readonly<Fields>,
  { fields, before, given }: LineDraft,
  item: Readonly<Fields> | undefined,
  anew: boolean,
  company: Company,
): void {
  const typed =
    given.has('unitPrice') && fields.unitPrice !== null && (anew || fields.unitPrice !== before?.unitPrice);
  if (item) {
    const own = priceOf(header, fields, item, company);
    const kept = typed || (before?.priceOverridden === true && fields.unitPrice !== null);
    if (!kept && (anew || fields.unitPrice === null)) fields.unitPrice = own ?? fields.unitPrice!;
    if (typed || anew || !kept) fields.priceOverridden = kept && fields.unitPrice !== own;
  } else if (typed) {
    fields.priceOverridden = fields.type === 'ITEM';
  }
  fields.unitPrice ??= '0';
}

/** The item's price for the line's unit on the document's VAT basis; null where it is in another currency. */
function priceOf(
  header: Readonly<Fields>,
  fields: Readonly<Fields>,
  item: Readonly<Fields>,
  company: Company,
): string | null {
  if ((item.currencyCode ?? company.currency) !== (header.currencyCode ?? company.currency)) return null;
  const net = decimal(item.unitPrice).times(decimal(fields.qtyPerBase));
  if (header.pricesIncludeVat !== true) return shortest(net, 5);
  return shortest(net.times(decimal(fields.vatPercent).plus(100)).div(100), 5);
}

function settleQuantity(
  { origin }: Draft,
  { fields, before, given }: LineDraft,
  world: World,
  n: number,
): void {
  const path = `lines[${n}].`;
  if (!before && !given.has('quantity')) {
    if (fields.type === 'ITEM') throw badInput(`${path}quantity`, undefined, 'is missing.');
    if (fields.type === 'CHARGE') fields.quantity = '1';
  }
  const [all, shipped, invoiced] = [
    decimal(fields.quantity),
    decimal(fields.quantityShipped),
    decimal(fields.quantityInvoiced),
  ];
  const edited = given.has('quantity') && (!before || !all.eq(decimal(before.quantity)));
  if (origin === 'person' && edited) {
    if (all.lt(0)) throw badInput(`${path}quantity`, fields.quantity, 'is negative.');
    const step = world.find('Product', fields.productId)?.roundingPrecision;
    if (typeof step === 'string' && decimal(step).gt(0) && !all.mod(decimal(step)).eq(0)) {
      throw badInput(`${path}quantity`, fields.quantity, `is no multiple of the item's ${step}.`);
    }
  }
  if (origin === 'system' || fields.type !== 'ITEM') return;
  if (before && all.lt(shipped) && given.has('quantity')) {
    throw new Refusal(
      'STATE',
      `${path}quantity: ${fields.quantity} is below the ${fields.quantityShipped} shipped.`,
      { field: `${path}quantity`, value: fields.quantity! },
    );
  }
  if (origin === 'import' && !before) return;
  for (const [name, value, most, limit] of [
    ['quantityShipped', shipped, all, 'ordered'],
    ['quantityInvoiced', invoiced, shipped, 'shipped'],
  ] as const) {
    if (!given.has(name)) continue;
    if (value.lt(decimal(before?.[name])))
      throw new Refusal('STATE', `${path}${name} cannot go back from ${before?.[name]}.`, {
        field: path + name,
        value: fields[name]!,
      });
    if (value.gt(most))
      throw badInput(path + name, fields[name], `exceeds what is ${limit}, ${most.toFixed()}.`);
  }
}
