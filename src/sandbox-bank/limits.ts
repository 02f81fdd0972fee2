/** Every limit of the sandbox bank. Each kind of record keeps its newest entries and forgets the oldest. */
export const limits = {
  maxBodyBytes: 64 * 1024,
  maxUrlLength: 2048,
  maxPathPartLength: 200,
  maxHeaderTextLength: 140,
  /** Of an encrypted password, with the certificate that it is encrypted to. */
  maxJweLength: 16 * 1024,
  maxAccountReferences: 200,
  maxAuthorisationsPerConsent: 10,
  maxFaultRules: 200,
  maxRequestRecords: 2_000,

  maxConsents: 50_000,
  maxAuthorisations: 50_000,
  maxVisits: 10_000,
  maxSignIns: 10_000,
  maxCodes: 10_000,
  maxGrants: 50_000,
  maxTokens: 100_000,
  maxUsageCounters: 100_000,
  /** Sealed messages of the last minutes. */
  maxSeenMessages: 50_000,

  /** Between the Date of a sealed message and its arrival, either way. */
  signatureSeconds: 5 * 60,
  codeSeconds: 60,
  visitSeconds: 15 * 60,
  /** How long the app waits for the PSU's answer. */
  appSeconds: 5 * 60,
  /** A one-off consent serves the reading session that follows its authorisation, and no other. */
  oneOffSessionSeconds: 20 * 60,
  /** A consent that nobody authorised is rejected after a day. */
  unauthorisedConsentSeconds: 24 * 3600,
  /** Unattended reads a day, per consent and endpoint (RTS on SCA, article 36(5)(b)). */
  maxFrequencyPerDay: 4,
} as const;
