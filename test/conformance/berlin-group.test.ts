import { openBerlinGroupFace } from './berlin-group-face.ts';
import { connectorConformance } from './connector-conformance.ts';
import type { Fault } from './sandbox-face.ts';

/** DELETE answers 204: there is no body that could be spoiled. */
const faultsOfBodies: readonly Fault[] = [
  'page instead of data',
  'malformed',
  'wrong content type',
  'reset in the answer',
  'drip',
  // The sandbox loses an answer by not sending its body.
  'answer lost',
];

/** A report is read by what it is: banks label everything as plain text. */
const faultsOfReports: readonly Fault[] = ['wrong content type'];

connectorConformance(
  'berlin-group',
  {
    'oauth-redirect': {
      operations: [
        'begin',
        'begin: metadata',
        'resume: token',
        'resume',
        'accounts',
        'balances',
        'transactions',
        'status',
        'revoke',
      ],
      acts: 1,
      forgedReturns: ['wrong issuer', 'missing issuer', 'wrong state', 'missing state', 'wrong code'],
      // Tokens that are good but wrongly labelled are taken: the code is used, and refusing would lose them.
      without: {
        revoke: faultsOfBodies,
        transactions: faultsOfReports,
        'resume: token': ['wrong content type'],
      },
    },
    'plain-redirect': {
      operations: ['begin', 'resume', 'accounts', 'balances', 'transactions', 'status', 'revoke'],
      acts: 1,
      // The address comes back as it was given; what is in it decides nothing.
      forgedReturns: [],
      without: { revoke: faultsOfBodies, transactions: faultsOfReports },
    },
    decoupled: {
      operations: ['begin', 'resume', 'accounts', 'balances', 'transactions', 'status', 'revoke'],
      acts: 2,
      forgedReturns: [],
      not: ['returns'],
      // The user approves meanwhile, and is not to lose it by a bank that is busy.
      waitsIn: ['resume'],
      without: { revoke: faultsOfBodies, transactions: faultsOfReports },
    },
    embedded: {
      operations: ['begin', 'resume', 'accounts', 'balances', 'transactions', 'status', 'revoke'],
      acts: 3,
      forgedReturns: [],
      // Who does not want to goes away: there is nothing at the bank by which to say so.
      not: ['returns', 'declines'],
      without: { revoke: faultsOfBodies, transactions: faultsOfReports },
    },
    'oauth-prestep': {
      operations: ['begin', 'resume', 'accounts', 'balances', 'transactions', 'status', 'revoke'],
      acts: 2,
      forgedReturns: [],
      without: { revoke: faultsOfBodies, transactions: faultsOfReports },
    },
  },
  openBerlinGroupFace,
);
