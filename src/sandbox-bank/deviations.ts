/**
 * What real banks do otherwise than the standard says, each a switch. A bank has none of them unless its row
 * says so (banks.ts), and docs/sandbox.md lists which bank has which.
 */
export interface Deviations {
  /** Each page of a report comes in an order of its own, and the report begins at either end. */
  readonly reorderedPages?: true;
}
