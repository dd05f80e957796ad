/** What stands on the two ends of each flow, in the order in which flows depend on each other. */
export const ends = {
  CUSTOMER: ['Customer', 'Customer'],
  CONTACT: ['Contact', 'Contact'],
  PRODUCT: ['Product', 'Product'],
  QUOTE: ['Quote', 'Quote'],
  QUOTE_ORDER: ['Quote', 'Order'],
  ORDER: ['Order', 'Order'],
  USER_ORDER: ['User', 'Order'],
} as const satisfies Readonly<Record<string, readonly [crm: string, erp: string]>>;

/** The flows by the names that the graph gives them. */
export const flowNames: readonly string[] = Object.keys(ends);
