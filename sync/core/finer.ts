import type { Json, Side, Values } from './types.ts';

const mark = '~';

/** Under this name the ERP's base keeps which of several native values with one meaning stood there. */
const finerKey = (field: string): string => `${field}${mark}`;

/** The field that a name in a base is about. */
export const fieldOfKey = (key: string): string => (key.endsWith(mark) ? key.slice(0, -mark.length) : key);

/** Which native value stood for a field's canonical one in the ERP, where several do. */
export const finerIn = (base: Values | undefined, field: string): Json | undefined => base?.[finerKey(field)];

/** Sets it in a base that is being made; undefined leaves it out. */
export function noteFiner(base: Record<Side, Record<string, Json>>, field: string, native: Json | undefined) {
  if (native === undefined) delete base.erp[finerKey(field)];
  else base.erp[finerKey(field)] = native;
}
