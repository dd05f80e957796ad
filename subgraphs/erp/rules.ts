import type { Rules } from '../system/rules.ts';
export const erpRules: Rules = { sees: {}, derived: {}, settle() {} };
