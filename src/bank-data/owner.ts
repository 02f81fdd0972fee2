/** Which session's data; the merchant comes first, as in every key. */
export interface DataOwner {
  readonly merchantId: string;
  readonly sessionId: string;
}
