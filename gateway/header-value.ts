const PLAIN = /^[\t\x20-\x7e]*$/;

/** Whether a value can be sent in a header as it is: printable, in ASCII, and without a break into a next header. */
export function isHeaderValue(value: string): boolean {
  return PLAIN.test(value);
}
