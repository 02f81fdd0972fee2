/** Another run of the same fetch has taken over: what this one brings is no longer wanted. */
export class FetchSuperseded extends Error {
  override readonly name = 'FetchSuperseded';
}
