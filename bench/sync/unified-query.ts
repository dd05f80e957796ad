import { median, type Stage } from './stage.ts';

/** The unified 20-customer query through the gateway, against the same data by one hand-written statement. */
export interface QueryCost {
  readonly gatewayMs: number;
  readonly sqlMs: number;
  readonly ratio: number;
}

const document = `{ customers(first: 20) { nodes {
  id name phone crm { id name phone } erp { id name customerNo balance }
  contacts(first: 5) { nodes { firstName lastName email } }
  orders(first: 5) { nodes { status totalAmount lines { quantity unitPrice product { sku name } } } } } } }`;

const rounds = 60;

/** Asks in turn, and takes the median of each. */
export async function measureUnifiedQuery({ house, sql }: Stage): Promise<QueryCost> {
  const viaGateway: number[] = [];
  const viaSql: number[] = [];
  for (let n = -10; n < rounds; n++) {
    const a = performance.now();
    const answer = await fetch(`${house.gateway.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: document }),
    });
    const { data, errors } = (await answer.json()) as {
      data: { customers: { nodes: unknown[] } };
      errors?: unknown;
    };
    if (errors || data.customers.nodes.length !== 20)
      throw new Error(JSON.stringify(errors ?? 'fewer than 20'));
    const b = performance.now();
    await sql`
      select l.id, l.agreed, to_jsonb(c) as crm, to_jsonb(e) as erp,
        (select jsonb_agg(k.agreed) from (select agreed from sync.link k where k.mapping = 'contact' and k.state <> 'ended'
          and k.customer_id = l.id order by k.id limit 5) k) as contacts,
        (select jsonb_agg(jsonb_build_object('order', o.agreed, 'lines', (
            select jsonb_agg(jsonb_build_object('line', x.agreed, 'product', p.agreed)) from sync.line_link x
            left join sync.link p on p.id = x.agreed ->> 'productId' where x.link_id = o.id and not x.ended)))
          from (select id, agreed from sync.link o where o.mapping = 'order' and o.state <> 'ended' and o.crm_id is not null
            and o.customer_id = l.id order by o.id limit 5) o) as orders
      from sync.link l
      left join crm.customer c on c.id = l.crm_id left join erp.customer e on e.id = l.erp_id
      where l.mapping = 'customer' and l.state <> 'ended' order by l.id limit 20`;
    const c = performance.now();
    if (n < 0) continue;
    viaGateway.push(b - a);
    viaSql.push(c - b);
  }
  return {
    gatewayMs: median(viaGateway),
    sqlMs: median(viaSql),
    ratio: median(viaGateway.map((ms, n) => ms / viaSql[n]!)),
  };
}
