/**
 * Whether one cursor or version of a system comes before another. They are opaque, but where both are whole numbers those
 * have an order; null: nobody can tell.
 */
export function comesBefore(one: string, other: string): boolean | null {
  return isNumber.test(one) && isNumber.test(other) ? BigInt(one) < BigInt(other) : null;
}

const isNumber = /^\d+$/;
