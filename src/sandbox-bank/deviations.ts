/**
 * What real banks do otherwise than the standard says, each a switch. A bank has none of them unless its row
 * says so, and docs/sandbox.md lists which bank has which.
 */
export interface Deviations {
  /** OAuth scope `AIS: <consentId>`, with a space. */
  readonly scopeWithSpace?: true;
  /** The authorisation endpoint knows `responseType` and `clientId` instead of OAuth's own names. */
  readonly camelCaseAuthorize?: true;
  /** Among the methods of the embedded approach is one that is approved in the app: `PUSH_DEC`. */
  readonly pushDecoupled?: true;
  /** recurringIndicator=false is refused. */
  readonly onlyRecurring?: true;
  /** bookingStatus must be `booked`, or `information`: standing orders, which are no transactions. */
  readonly bookedOrInformation?: true;
  /** challengeData.data is a text and no list. */
  readonly challengeDataAsText?: true;
  /** The header Date (RFC 9110 section 6.6.1) is mandatory on every call. */
  readonly dateHeaderRequired?: true;
  /** PSU-ID-Type is mandatory where PSU-ID is sent, and must be one of these. */
  readonly psuIdTypes?: readonly string[];
  /** PSU-ID has ten characters at most; zeros at its end do not count. */
  readonly shortPsuIds?: true;
  /** Passwords come encrypted to the bank's certificate (JWE), or not at all. */
  readonly encryptedPasswords?: true;
  /** Customers of this PSU-ID-Type have another password, which is asked for after the first. */
  readonly additionalPasswordFor?: string;
  /** Between the bank's own path and the version: which service, and which brand. */
  readonly servicePath?: string;
  /** As in version 1.1: no authorisation sub-resource and no scaStatus; PUT goes to the consent itself. */
  readonly withoutAuthorisations?: true;
  /** `optMaxLength` and `optFormat` for `otpMaxLength` and `otpFormat`. */
  readonly misspeltOtpFields?: true;
  /** `_links` is a list of objects with a link each. */
  readonly linksAsList?: true;
  /** TPP-Redirect-URI is mandatory though nobody is redirected. */
  readonly redirectUriAlways?: true;
  /** Any query on /accounts is refused. */
  readonly noQueryOnAccounts?: true;
  /** PSU-IP-Address is mandatory on every call, so that no call can be unattended. */
  readonly psuAddressAlways?: true;
  /** Balances have a lastChangeDateTime in local time and without an offset. */
  readonly localTimestamps?: true;
  /** PSU-ID on POST /consents is refused. */
  readonly refusesPsuIdOnConsent?: true;
  /** A token for user name and password comes first, and goes into the header PSD2-Authorization. */
  readonly preAuthorisation?: true;
  /** Before there is a consent the TPP needs a token of its own (RFC 6749 section 4.4), and reads nothing with it. */
  readonly tppToken?: true;
  /** The link scaOAuth is a path without scheme, host and what every other address of the bank begins with. */
  readonly barePathToOAuth?: true;
  /** The metadata name no token endpoint, and it is not where others have it. */
  readonly tokenEndpointUntold?: true;
  /** The authorisation endpoint serves several banks: `bic` must be this one's. */
  readonly authorizeNeedsBic?: true;
  /** Scope of the pre-step's token, if not `AIS`. */
  readonly preStepScope?: string;
  /** Access tokens are JWTs, and PSU-ID must be the subject of the one that comes along. */
  readonly psuIdIsSubject?: true;
  /** A key that every call must carry in this header. */
  readonly apiKey?: { readonly header: string; readonly value: string };
  /** Every call comes over TLS with a client certificate for websites (QWAC). */
  readonly mutualTls?: true;
  /** Every call is sealed: Digest, Signature and TPP-Signature-Certificate (QSEAL), with a Date of now. */
  readonly messageSigning?: true;
  /**
   * No consents: the PSU agrees to scopes, and the token alone says what may be read. Each request is signed over its
   * method and path too (draft-cavage-http-signatures-10), those of OAuth included.
   */
  readonly withoutConsents?: true;
  /** Accept must be what the answer is, without alternatives and without `*`. */
  readonly onlyPlainAccept?: true;
  /** A PSU-ID-Type that is there and empty is refused. */
  readonly refusesBlankPsuIdType?: true;
  /** remittanceInformationStructured is a text, as before 1.3.7, and no object. */
  readonly structuredRemittanceAsText?: true;
  /** balanceType `authorised`, cashAccountType `CASH` for a current account, authenticationType `EMAIL`. */
  readonly enumDrift?: true;
  /** Booleans are texts: "true". */
  readonly booleansAsText?: true;
  /** Links are full, or lead to a prefix or a host that cannot be called; else they are host-absolute. */
  readonly links?: 'full' | 'otherPrefix' | 'internalHost';
  /** The kinds of consent that the bank takes; all, if absent. */
  readonly accessKinds?: readonly ('global' | 'bankOffered' | 'detailed')[];
  /** A consent that names an account of another bank is refused. */
  readonly refusesForeignAccounts?: true;
  /** Asking for the owner's name is refused. */
  readonly refusesOwnerName?: true;
  /** The list of accounts has numbers and links; names and kinds are in GET /accounts/{id}. */
  readonly accountsOneByOne?: true;
  /** camt.052.001.02 and no later version. */
  readonly camtVersion2?: true;
  /** bookingStatus=both is refused: booked and pending rows are two reports. */
  readonly separatePending?: true;
  /** A report of days longer ago than this many is refused. */
  readonly maxReportDays?: number;
  /** Amounts of transactions have no minus: creditDebitIndicator tells, or only who is named. */
  readonly unsignedAmounts?: 'indicator' | 'party';
  /** Each page of a report comes in an order of its own, and the report begins at either end. */
  readonly reorderedPages?: true;
}
