import { serveSubgraph } from '../../gateway/subgraph-server.ts';
import { openCrm } from '../../subgraphs/crm/main.ts';
import { openErp } from '../../subgraphs/erp/main.ts';
import { createGraphqlConnector } from '../../sync/connectors/graphql.ts';
import type { Connector, Write } from '../../sync/core/connector.ts';
import type { Json } from '../../sync/core/types.ts';
import { testDatabase } from '../support/database.ts';
import { describeConnector, type Subject } from './connector.ts';

const tandem = { actor: 'tandem', origin: 'sync' } as const;

/** What the suite writes into each system. */
const samples = {
  crm: {
    plain: {
      entity: 'Customer',
      find: 'orgNumber',
      fields: { name: 'Contract AS', orgNumber: '974760673' },
      change: { name: 'Contract ASA' },
    },
    order: { customerPurchaseOrder: 'PO-1', status: 'DRAFT' },
    line: { productText: 'Something', quantity: '2', unit: 'C62', unitPrice: '10' },
  },
  erp: {
    plain: {
      entity: 'Customer',
      find: 'registrationNo',
      fields: { name: 'Contract AS', registrationNo: '974760673' },
      change: { name: 'Contract ASA' },
    },
    order: { customerOrderReference: 'PO-1', status: 'OPEN' },
    line: { quantity: '2', unitPrice: '10' },
  },
};

const databases = {
  'crm direct': await testDatabase(),
  'erp direct': await testDatabase(),
  'crm graphql': await testDatabase(),
  'erp graphql': await testDatabase(),
};

describeConnector('the CRM in this process', () => open('crm', 'direct'));
describeConnector('the ERP in this process', () => open('erp', 'direct'));
describeConnector('the CRM over GraphQL', () => open('crm', 'graphql'));
describeConnector('the ERP over GraphQL', () => open('erp', 'graphql'));

async function open(side: 'crm' | 'erp', way: 'direct' | 'graphql'): Promise<Subject> {
  const { sql } = databases[`${side} ${way}`];
  const { system, subgraph, close } =
    side === 'crm' ? openCrm({ sql, company: {} }) : openErp({ sql, company: {} });
  const { plain, order, line } = samples[side];
  const create = async (entity: string, fields: Readonly<Record<string, Json>>): Promise<string> => {
    const write: Write = { kind: 'create', entity, fields };
    const [result] = await system.write([write], tandem);
    if (result && 'record' in result) return result.record.id;
    throw new Error(JSON.stringify(result));
  };
  const customerId = await create('Customer', plain.fields);
  const product = side === 'crm' ? { sku: 'A-1', name: 'Thing' } : { itemNo: 'A-1', description: 'Thing' };
  const productId = await create('Product', product);
  const { connector, stop } = await reach();
  return {
    connector,
    plain,
    document: {
      entity: 'Order',
      fields: { ...order, customerId },
      line: side === 'crm' ? line : { ...line, productId },
      lineChange: { quantity: '3' },
    },
    forgetChanges: async () => {
      await system.prune('0 seconds');
    },
    close: async () => {
      await stop();
      await close();
    },
  };

  async function reach(): Promise<{ connector: Connector; stop: () => Promise<void> }> {
    if (way === 'direct') return { connector: system, stop: async () => {} };
    const server = await serveSubgraph({ ...subgraph, port: 0 });
    const connector = createGraphqlConnector({ prefix: side, url: server.url });
    return {
      connector,
      stop: async () => {
        await connector.close();
        await server.stop();
      },
    };
  }
}
