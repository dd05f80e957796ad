import { createSystem, type SystemParts } from '../system/create-system.ts';
import type { System } from '../system/system.ts';
import { erp } from './entities.ts';
import { erpRules } from './rules.ts';

/** The built-in ERP over a migrated database. Close it to end its feed. */
export function createErp(parts: Omit<SystemParts, 'shape' | 'rules'>): System {
  return createSystem({ ...parts, shape: erp, rules: erpRules });
}
