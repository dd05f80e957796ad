import type { MappingName, SettingChange } from '../../sync/index.ts';
import type { SyncContext } from './context.ts';
import { seenReplay } from './replay.ts';
import { snake } from './words.ts';

/** A previewed setting as the graph tells it; `of`: the field that it is about. */
export function changeOf(
  context: SyncContext,
  { before, after, replay, ...touched }: SettingChange,
  of?: { readonly mapping: MappingName; readonly field: string },
) {
  return {
    ...touched,
    before: inWords(before),
    after: inWords(after),
    replay: replay && of ? seenReplay(context, of, replay) : null,
  };
}

/** Names of values as the arguments have them: `toErp` is TO_ERP. Codes are what they are. */
function inWords(setting: SettingChange['before']): unknown {
  if (Array.isArray(setting))
    return setting.map(({ crm, erp, direction, validFrom, validTo }) => ({
      crm,
      erp,
      direction: snake(direction),
      validFrom,
      validTo,
    }));
  return Object.fromEntries(
    Object.entries(setting).map(([name, value]) => [name, typeof value === 'string' ? snake(value) : value]),
  );
}
