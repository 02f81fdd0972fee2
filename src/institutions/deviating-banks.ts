/** What one of the sandbox's banks is in the catalogue. */
export interface SandboxRow {
  /** In the bank's addresses, and with the first market in its id. */
  readonly slug: string;
  readonly name: string;
  readonly bankCode: string;
  readonly bic: string;
  /** Besides the base URL; some have addresses of the sandbox bank in it. */
  readonly profile: object | ((url: string) => object);
  readonly markets?: readonly string[];
  readonly aliases?: readonly string[];
}

/**
 * What each of the sandbox's banks that do something differently needs its profile to say: the switches of
 * docs/banks.md at work.
 */
export const deviatingBanks: readonly SandboxRow[] = [
  row('trellis-confirmation-bank', 'Trellis Confirmation Bank', '99900100', 'TRCFDEFFXXX', {
    sca: 'redirect',
  }),
  row('trellis-camt-bank', 'Trellis camt Bank', '99900110', 'TRCADEFFXXX', {
    sca: 'oauth-integrated',
    transactionsFormat: 'camt',
  }),
  row('trellis-mt940-bank', 'Trellis MT940 Bank', '99900120', 'TRMTDEFFXXX', {
    sca: 'redirect',
    transactionsFormat: 'mt940',
    pendingTransactions: 'none',
  }),
  row('trellis-card-bank', 'Trellis Card Bank', '99900130', 'TRCCDEFFXXX', {
    sca: 'redirect',
    cardAccounts: true,
  }),
  row('trellis-long-page-bank', 'Trellis Long-Page Bank', '99900300', 'TRLPDEFFXXX', { sca: 'redirect' }),
  row('trellis-savings-bank', 'Trellis Savings Bank', '99900140', 'TRSVDEFFXXX', {
    sca: 'oauth-integrated',
    scope: 'AIS: {consentId}',
    authorizeNames: 'camel-case',
    transactionsFormat: 'camt',
  }),
  row('trellis-push-bank', 'Trellis Push Bank', '99900150', 'TRPUDEFFXXX', { sca: 'embedded' }),
  row('trellis-cooperative-bank', 'Trellis Cooperative Bank', '99900160', 'TRCODEFFXXX', {
    sca: 'embedded',
    recurring: 'always',
    pendingTransactions: 'none',
  }),
  row('trellis-postal-bank', 'Trellis Postal Bank', '99900170', 'TRPODEFFXXX', {
    sca: 'decoupled',
    dateHeader: true,
    psuIdTypes: [{ value: 'DE_ONLB_TRPO' }],
  }),
  row('trellis-legacy-bank', 'Trellis Legacy Bank', '99900180', 'TRLGDEFFXXX', {
    sca: 'embedded',
    psuIdTypes: [{ value: 'TRLG_ONLINEBANKING' }],
    balancesInList: 'never',
    absentPsuIpAddress: '192.0.2.1',
  }),
  row('trellis-commerce-bank', 'Trellis Commerce Bank', '99900190', 'TRCMDEFFXXX', (url) => ({
    sca: 'oauth-integrated',
    tokenEndpoint: `${url}/berlin-group/trellis-commerce-bank/idp/v1/token`,
  })),
  row('trellis-broker-bank', 'Trellis Broker Bank', '99900200', 'TRBRDEFFXXX', {
    sca: 'decoupled',
    psuIdOnConsent: false,
  }),
  row('trellis-direct-bank', 'Trellis Direct Bank', '99900210', 'TRDIDEFFXXX', (url) => ({
    sca: 'embedded',
    preAuthorisationUrl: `${url}/berlin-group/trellis-direct-bank/pre-authorisation`,
    bearerHeader: 'psd2-authorization',
  })),
  row('trellis-key-bank', 'Trellis Key Bank', '99900220', 'TRKEDEFFXXX', {
    sca: 'decoupled',
    headers: { 'X-API-Key': 'trellis-sandbox-key' },
  }),
  row('trellis-drift-bank', 'Trellis Drift Bank', '99900230', 'TRDRDEFFXXX', { sca: 'embedded' }),
  row('trellis-full-link-bank', 'Trellis Full-Link Bank', '99900240', 'TRFLDEFFXXX', { sca: 'redirect' }),
  row('trellis-prefix-bank', 'Trellis Prefix Bank', '99900250', 'TRPFDEFFXXX', (url) => ({
    sca: 'redirect',
    linkRewrites: [{ from: `${url}/xs2a/v1/`, to: `${url}/berlin-group/trellis-prefix-bank/v1/` }],
  })),
  row('trellis-inner-host-bank', 'Trellis Inner-Host Bank', '99900260', 'TRIHDEFFXXX', (url) => ({
    sca: 'redirect',
    linkRewrites: [{ from: 'http://xs2a-gateway.internal:8080/', to: `${url}/` }],
  })),
  row('trellis-offered-bank', 'Trellis Offered Bank', '99900270', 'TRXFDEFFXXX', {
    sca: 'redirect',
    access: 'bank-offered',
    accountDetails: 'one-by-one',
    ownerName: false,
  }),
  row('trellis-detailed-bank', 'Trellis Detailed Bank', '99900280', 'TRDTDEFFXXX', {
    sca: 'redirect',
    access: 'detailed',
  }),
  row('trellis-period-bank', 'Trellis Period Bank', '99900310', 'TRPEDEFFXXX', {
    sca: 'redirect',
    historyDays: 90,
    pendingTransactions: 'separate',
  }),
  row('trellis-unsigned-bank', 'Trellis Unsigned Bank', '99900320', 'TRUSDEFFXXX', {
    sca: 'redirect',
    transactionSign: 'by-party',
  }),
  row('trellis-indicator-bank', 'Trellis Indicator Bank', '99900330', 'TRINDEFFXXX', {
    sca: 'redirect',
    transactionSign: 'by-indicator',
  }),
  row('trellis-giro-bank', 'Trellis Giro Bank', '99900420', 'TRGIDEFFXXX', (url) => ({
    baseUrl: `${url}/berlin-group/trellis-giro-bank/{serviceGroup}/DE/TRGI/v1`,
    sca: 'embedded',
    dateHeader: true,
    psuIdTypes: [
      { value: 'DE_ONLB_TRGI', text: 'Private customers' },
      { value: 'DE_ONLB_TRGB', text: 'Business customers' },
    ],
    psuIdCutTo: 10,
    passwordCertificateUrl: `${url}/berlin-group/trellis-giro-bank/password-certificate.pem`,
  })),
  row('trellis-plain-text-bank', 'Trellis Plain-Text Bank', '99900430', 'TRPLDEFFXXX', {
    sca: 'redirect',
    transactionsFormat: 'mt940',
    pendingTransactions: 'none',
  }),
  row('trellis-credentials-bank', 'Trellis Credentials Bank', '99900400', 'TRCRDEFFXXX', (url) => ({
    sca: 'oauth-integrated',
    clientCredentials: {
      tokenEndpoint: `${url}/berlin-group/trellis-credentials-bank/token`,
      scope: 'AIS',
    },
    linkRewrites: [{ from: `${url}/v1/`, to: `${url}/berlin-group/trellis-credentials-bank/v1/` }],
  })),
  row('trellis-subject-bank', 'Trellis Subject Bank', '99900410', 'TRSUDEFFXXX', {
    sca: 'oauth-prestep',
    prestepScope: 'ais',
    psuIdFrom: 'token',
    authorizeParameters: { bic: 'TRSUDEFFXXX' },
  }),
  row('trellis-shuffle-bank', 'Trellis Shuffle Bank', '99900290', 'TRSHDEFFXXX', { sca: 'redirect' }),
];

function row(
  slug: string,
  name: string,
  bankCode: string,
  bic: string,
  profile: SandboxRow['profile'],
): SandboxRow {
  return { slug, name, bankCode, bic, profile };
}
