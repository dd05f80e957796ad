import type { Rules } from '../system/rules.ts';
export const crmRules: Rules = { sees: {}, derived: {}, settle() {} };
