/**
 * What real banks do otherwise than the standard says, each a switch. A bank has none of them unless its row
 * says so (banks.ts), and docs/sandbox.md lists which bank has which.
 */
export interface Deviations {
  /** PSU-ID-Type is mandatory where PSU-ID is sent, and must be one of these. */
  readonly psuIdTypes?: readonly string[];
  /** Each page of a report comes in an order of its own, and the report begins at either end. */
  readonly reorderedPages?: true;
}
