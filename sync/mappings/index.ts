import type { Mapping } from '../core/mapping.ts';
import { contact } from './contact.ts';
import { customer } from './customer.ts';
import { order } from './order.ts';
import { product } from './product.ts';
import { quote } from './quote.ts';
import { quoteOrder } from './quote-order.ts';
import { user } from './user.ts';
import { userOrder } from './user-order.ts';

/** All mappings, in the order in which a first synchronisation works through them. */
export const mappings: readonly Mapping[] = [
  user,
  customer,
  contact,
  product,
  quote,
  quoteOrder,
  order,
  userOrder,
];
