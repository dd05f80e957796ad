/** The flows by the names that the graph gives them, in the order in which they depend on each other. */
export const flowNames: readonly string[] = [
  'CUSTOMER',
  'CONTACT',
  'PRODUCT',
  'QUOTE',
  'QUOTE_ORDER',
  'ORDER',
  'USER_ORDER',
];
