import type { Side } from '../../sync/index.ts';
import type { SyncContext } from './context.ts';
import { type Resolvers, recordOfSystem } from './resolvers-unified.ts';
import { crmTypeOf, erpTypeOf } from './sdl-unified.ts';
import type { Unified, UnifiedType } from './unified.ts';

interface Stub {
  readonly id: string;
}

/** What the sync adds to each system's records: the unified record and the counterpart, one statement per level. */
export function extensionResolvers({ types }: Unified): Resolvers {
  return Object.fromEntries(
    Object.values(types).flatMap((type) => {
      const crm = crmTypeOf(type);
      const erp = erpTypeOf(type);
      return [
        [
          crm,
          {
            ...stub(crm, type, 'crm'),
            erp: counterpart(type.mapping, 'crm', erp),
            ...(type.name === 'Quote' && {
              erpQuote: counterpart('quote', 'crm', 'ErpQuote'),
              erpOrder: counterpart('quoteOrder', 'crm', 'ErpOrder'),
            }),
          },
        ],
        [
          erp,
          {
            ...stub(erp, type, 'erp'),
            crm: counterpart(type.mapping, 'erp', crm),
            ...(type.name === 'Order' && {
              crmOrder: counterpart('order', 'erp', 'CrmOrder'),
              crmQuote: counterpart('quoteOrder', 'erp', 'CrmQuote'),
            }),
          },
        ],
      ];
    }),
  );
}

function stub(typeName: string, { mapping }: UnifiedType, side: Side) {
  return {
    __resolveReference: ({ id }: { readonly id?: string | number | null }, context: SyncContext) => {
      context.demand('read');
      return id === null || id === undefined ? null : { __typename: typeName, id: String(id) };
    },
    syncToken: ({ id }: Stub, _: unknown, { sync, unified }: SyncContext) =>
      sync.tokenOf({ side, entity: unified.mappings[mapping][side], id }),
    unified: ({ id }: Stub, _: unknown, context: SyncContext) =>
      recordOfSystem(context, { mapping, side, id }),
  };
}

function counterpart(mapping: string, side: Side, typeName: string) {
  return async ({ id }: Stub, _: unknown, { load }: SyncContext) => {
    const row = await load.record.load({ mapping, side, id });
    const other = side === 'crm' ? row?.erpId : row?.crmId;
    return other === null || other === undefined ? null : { __typename: typeName, id: other };
  };
}
