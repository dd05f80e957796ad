import type { Json } from '../../sync/core/types.ts';
import type { Fields } from '../system/model.ts';
import type { Announced, FollowUp, Written } from '../system/rules.ts';
import { arrayLiteral, type Run } from '../system/sql-text.ts';

/** Products that may be meant by typed texts: normal form → ids. More than one is ambiguous and resolves nothing. */
export type Meant = ReadonlyMap<string, ReadonlySet<string>>;

/** How a typed product is compared: without case, outer and repeated white space. */
export function normalText(text: string): string {
  return text.trim().replace(/\s+/g, ' ').toLowerCase();
}

/** Looks up the products that the new typed texts of documents may mean, whole rows: they become references. */
export async function productsMeant(
  run: Run,
  announced: readonly Announced[],
): Promise<{ readonly meant: Meant; readonly rows: readonly Fields[] }> {
  const texts = new Set<string>();
  for (const { lines } of announced) {
    for (const { productText, productId } of lines) {
      if (typeof productText === 'string' && (productId ?? null) === null) texts.add(normalText(productText));
    }
  }
  if (texts.size === 0) return { meant: new Map(), rows: [] };
  const rows = await run(
    `select id, sku, name, aliases, status, archived, base_unit as "baseUnit", sales_units as "salesUnits", list_price as "listPrice",
       price_currency as "priceCurrency", tax_category as "taxCategory", tax_rate as "taxRate", quantity_decimals as "quantityDecimals"
     from crm.product
     where not archived and (lower(sku) in (select unnest($1::text::text[])) or lower(name) in (select unnest($1::text::text[]))
       or (aliases is not null and exists (select from jsonb_array_elements_text(aliases) a where lower(a) in (select unnest($1::text::text[])))))
     for key share`,
    [arrayLiteral(texts)],
  );
  const meant = new Map<string, Set<string>>();
  for (const row of rows) {
    for (const name of namesOf(row as Fields)) {
      if (!texts.has(name)) continue;
      const ids = meant.get(name) ?? new Set<string>();
      ids.add(row.id as string);
      meant.set(name, ids);
    }
  }
  return { meant, rows: rows as readonly Fields[] };
}

/** Lines of documents that still name a product by text only. */
export interface OpenLine {
  readonly entity: 'Quote' | 'Order';
  readonly documentId: string;
  readonly lineId: string;
  readonly text: string;
}

/** Looks up the open lines that products of these names would resolve. */
export async function openLines(run: Run, announced: readonly Announced[]): Promise<readonly OpenLine[]> {
  const names = new Set(announced.flatMap(({ given }) => namesOf(given)));
  if (names.size === 0) return [];
  const open = (table: string) =>
    `select distinct product_text from crm.${table} where product_id is null and product_text is not null`;
  const typed = await run(`${open('quote_line')} union ${open('order_line')}`);
  // The database has its own idea of upper case and white space; ours decides.
  const matching = typed
    .map((row) => row.product_text as string)
    .filter((text) => names.has(normalText(text)));
  if (matching.length === 0) return [];
  const lines = (entity: string, table: string) =>
    `select '${entity}' as entity, document_id, line_id, product_text from crm.${table} where product_id is null and product_text in (select unnest($1::text::text[]))`;
  const rows = await run(`${lines('Quote', 'quote_line')} union all ${lines('Order', 'order_line')}`, [
    arrayLiteral(matching),
  ]);
  return rows.map((row) => ({
    entity: row.entity as OpenLine['entity'],
    documentId: row.document_id as string,
    lineId: row.line_id as string,
    text: normalText(row.product_text as string),
  }));
}

/** Gives open lines the product that has just got their text as number, name or alias. */
export function resolveProductTexts(
  written: readonly Written[],
  open: readonly OpenLine[],
): readonly FollowUp[] {
  const byName = new Map<string, Set<string>>();
  for (const { after } of written) {
    if (!after || after.archived) continue;
    for (const name of namesOf(after.fields)) byName.set(name, (byName.get(name) ?? new Set()).add(after.id));
  }
  const documents = Map.groupBy(
    open.filter(({ text }) => byName.get(text)?.size === 1),
    ({ entity, documentId }) => `${entity} ${documentId}`,
  );
  return [...documents.values()].map((lines) => ({
    entity: lines[0]!.entity,
    id: lines[0]!.documentId,
    change: (current) => {
      const still = new Map(
        (current.fields.lines as readonly Fields[])
          .filter(({ productId, productText }) => productId === null && productText !== null)
          .map((line) => [line.lineId as string, normalText(line.productText as string)]),
      );
      const found = lines.filter(({ lineId, text }) => still.get(lineId) === text);
      if (found.length === 0) return null;
      return {
        lines: Object.fromEntries(
          found.map(({ lineId, text }) => [lineId, { productId: [...byName.get(text)!][0]! }]),
        ),
      };
    },
  }));
}

function namesOf({ sku, name, aliases }: Readonly<Record<string, Json>>): readonly string[] {
  return [sku, name, ...((aliases ?? []) as readonly Json[])].flatMap((one) =>
    typeof one === 'string' ? [normalText(one)] : [],
  );
}
