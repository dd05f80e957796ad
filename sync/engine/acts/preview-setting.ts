import type { SettingAct } from '../api.ts';
import type { Configuring } from './configure.ts';
import { previewCode, previewRemovedCode } from './preview-code.ts';
import { previewField } from './preview-field.ts';
import { previewFlow } from './preview-flow.ts';
import { previewRest } from './preview-rest.ts';
import type { SettingChange } from './setting-change.ts';

/** What a setting would change. */
export function previewSetting(configuring: Configuring, act: SettingAct): Promise<SettingChange> {
  switch (act.kind) {
    case 'flow':
      return previewFlow(configuring, act.mapping, act.to);
    case 'field':
      return previewField(configuring, act, act.to);
    case 'rest':
      return previewRest(configuring, act.mapping, act.paused);
    case 'setCode':
      return previewCode(configuring, act.given);
    case 'removeCode':
      return previewRemovedCode(configuring, act.given);
  }
}
