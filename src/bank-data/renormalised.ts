/** What came of mapping a session's data once more. */
export type Renormalised =
  | {
      readonly outcome: 'mapped';
      /** Of accounts, identity or balances. */
      readonly documentChanged: boolean;
      /** Transactions that were looked at, and those of them that came out differently. */
      readonly rows: number;
      readonly changedRows: number;
      /** Accounts, balances and transactions that stay as they were. */
      readonly unmappable: number;
    }
  /** All of it was made by today's rules, or is gone. */
  | { readonly outcome: 'current' }
  /** The bank is being read for it, which goes before. */
  | { readonly outcome: 'being-read' }
  /** The catalogue here does not know the bank, or its profile cannot be used. */
  | { readonly outcome: 'bank-unusable' };
