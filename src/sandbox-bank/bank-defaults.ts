/** What a German bank has unless its row says otherwise. */
export const german = {
  country: 'DE',
  timeZone: 'Europe/Berlin',
  sca: 'oauth',
  start: 'implicit',
  confirmation: false,
  maxConsentDays: 180,
  accessTokenSeconds: 600,
  rotatesRefreshTokens: true,
  reportFormat: 'json',
  pageSize: 50,
  cardAccounts: false,
  offline: false,
  forNewcomers: true,
  deviations: {},
} as const;
