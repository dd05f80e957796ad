import { crm } from '../../subgraphs/crm/entities.ts';
import { erp } from '../../subgraphs/erp/entities.ts';
import { inverseFlag } from '../core/codecs/choices.ts';
import { codeList, language } from '../core/codecs/codes.ts';
import { decimal } from '../core/codecs/numbers.ts';
import { email, phone } from '../core/codecs/reachable.ts';
import { reference } from '../core/codecs/references.ts';
import { text, upperText } from '../core/codecs/text.ts';
import { defineMapping } from '../core/define-mapping.ts';
import { userLink } from './lines.ts';

/** CRM user and ERP salesperson card: the pairing on which the flow userOrder rests. Rows are those of userOrder. */
export const user = defineMapping(crm.entities.User, erp.entities.Salesperson, {
  name: 'user',
  links: { kind: 'connected' },
  creates: { crm: true, erp: false },
  onDelete: { crm: 'archive', erp: 'unlink' },
  match: [
    { fields: ['id'], score: 100 },
    { fields: ['email'], score: 98 },
    { fields: ['employeeNumber'], score: 95 },
  ],
  fields: {
    id: {
      row: 1,
      crm: 'id',
      erp: 'externalReference',
      codec: text,
      way: 'toErp',
      wins: 'crm',
      rule: 'stamp on the ERP salesperson card',
    },
    fullName: {
      row: 3,
      crm: 'fullName',
      erp: 'name',
      codec: text,
      way: 'both',
      wins: 'crm',
      rule: 'trim, one space, NFC',
    },
    email: {
      row: 4,
      crm: 'email',
      erp: 'email',
      codec: email,
      way: 'both',
      wins: 'crm',
      rule: 'match key 1',
    },
    mobilePhone: {
      row: 5,
      crm: 'mobilePhone',
      erp: 'phone',
      codec: phone(null),
      way: 'both',
      wins: 'crm',
      rule: 'E.164',
    },
    jobTitle: {
      row: 6,
      crm: 'jobTitle',
      erp: 'title',
      codec: text,
      way: 'both',
      wins: 'crm',
      rule: 'length check',
    },
    employeeNumber: {
      row: 7,
      crm: 'employeeNumber',
      erp: 'employeeNo',
      codec: upperText,
      way: 'toErp',
      wins: 'crm',
      rule: 'match key 2',
    },
    teamCode: {
      row: 8,
      crm: 'teamCode',
      erp: 'salesTeamCode',
      codec: codeList('team'),
      way: 'toErp',
      wins: 'crm',
      rule: 'code list',
    },
    departmentCode: {
      row: 9,
      crm: 'departmentCode',
      erp: 'dimensionDepartment',
      codec: codeList('department'),
      way: 'toErp',
      wins: 'crm',
      rule: 'code list',
    },
    territory: {
      row: 10,
      crm: 'territory',
      erp: 'territoryCode',
      codec: codeList('territory'),
      way: 'toErp',
      wins: 'crm',
      rule: 'code list',
    },
    commissionPercent: {
      row: 11,
      crm: 'commissionPercent',
      erp: 'commissionPercent',
      codec: decimal,
      way: 'toCrm',
      wins: 'erp',
      rule: 'read only in the CRM',
    },
    active: {
      row: 12,
      crm: 'active',
      erp: 'blocked',
      codec: inverseFlag,
      admits: true,
      way: 'toErp',
      wins: 'crm',
      rule: 'false: handover; new orders are refused to this code',
    },
    managerId: {
      row: 13,
      crm: 'managerId',
      erp: 'approverId',
      shown: { erp: 'approverCode' },
      codec: reference(userLink),
      way: 'toErp',
      wins: 'crm',
      rule: 'through the user link',
    },
    language: {
      row: 14,
      crm: 'language',
      erp: 'languageCode',
      codec: language,
      way: 'toErp',
      wins: 'crm',
      rule: 'code list',
    },
  },
});
