import type { MappingName, SettingChange } from '../../sync/index.ts';
import type { SyncContext } from './context.ts';
import { seen } from './masking.ts';
import { shown } from './rows.ts';

type Replay = NonNullable<SettingChange['replay']>;

/** What another winner had decided, with the values that the caller may see. */
export function seenReplay(
  context: SyncContext,
  { mapping, field }: { readonly mapping: MappingName; readonly field: string },
  replay: Replay,
): Replay {
  // Events tell of a line's field by its own name.
  const own = field.replace(/^lines\./, '');
  return {
    ...replay,
    examples: replay.examples.map((each) => ({
      ...each,
      stood: seen(context, mapping, own, shown(each.stood)),
      would: seen(context, mapping, own, shown(each.would)),
    })),
  };
}
