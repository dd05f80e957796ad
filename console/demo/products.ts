import type { Write } from '../../sync/index.ts';
import { create } from './companies.ts';
import { gtinOf } from './numbers.ts';
import type { Chance } from './random.ts';
import { goods, variants } from './words.ts';

/** A product as the demo knows it; the ids are those that documents use. */
export interface Product {
  readonly crmId: string | null;
  readonly erpId: string | null;
  readonly name: string;
  readonly price: string;
  readonly writes: { readonly crm: readonly Write[]; readonly erp: readonly Write[] };
}

/** Makes every variant of all goods: most with the same number in both systems, a few known by their GTIN alone. */
export function productsOf(chance: Chance): readonly Product[] {
  return goods.flatMap(([good, stem, base, category], g) =>
    variants.map((variant, v): Product => {
      const n = g * variants.length + v;
      const number = String(n + 1).padStart(3, '0');
      const sku = `${stem}-${String((v + 1) * 10).padStart(3, '0')}`;
      const name = `${good} ${variant}`;
      const price = (base * (1 + v / 20)).toFixed(2);
      const standing = chance.below(100);
      const [inCrm, inErp] = [standing < 88, standing < 76 || standing >= 88];
      const byGtin = standing < 6;
      const draft = standing >= 86 && standing < 88;
      const crm = create('Product', `demo-product-${number}`, {
        sku: byGtin ? `${sku}-N` : sku,
        name,
        gtin: gtinOf(n),
        category,
        listPrice: price,
        status: draft ? 'DRAFT' : 'ACTIVE',
        ...(n === 7 && { aliases: ['Yellow vest'] }),
      });
      const erp = create('Product', `demo-item-${number}`, {
        itemNo: sku,
        description: chance.percent(25) ? `${good}, ${variant.toLowerCase()}` : name,
        gtin: gtinOf(n),
        itemCategoryCode: category,
        unitPrice: chance.percent(15) ? (Number(price) * 1.04).toFixed(2) : price,
        unitCost: (base * 0.6).toFixed(2),
        inventory: String(chance.below(400)),
        salesBlocked: chance.percent(2),
      });
      return {
        // A number is frozen once a line uses it, and these have two numbers still.
        crmId: inCrm && !draft && !byGtin ? `demo-product-${number}` : null,
        erpId: inErp && !byGtin ? `demo-item-${number}` : null,
        name,
        price,
        writes: { crm: inCrm ? [crm] : [], erp: inErp ? [erp] : [] },
      };
    }),
  );
}
