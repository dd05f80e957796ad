import { createSystem, type SystemParts } from '../system/create-system.ts';
import type { System } from '../system/system.ts';
import { crm } from './entities.ts';
import { crmRules } from './rules.ts';

/** The built-in CRM over a migrated database. Close it to end its feed. */
export function createCrm(parts: Omit<SystemParts, 'shape' | 'rules'>): System {
  return createSystem({ ...parts, shape: crm, rules: crmRules });
}
