import { parseArgs } from 'node:util';
import type { RenormaliseWish } from '../bank-data/renormalise-all.ts';
import { StartProblem } from '../core/start-problem.ts';

const usage = 'usage: npm run trellis -- renormalise [--dry-run] [--merchant ID] [--session ID]';
const options = {
  'dry-run': { type: 'boolean', default: false },
  merchant: { type: 'string' },
  session: { type: 'string' },
} as const;
const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** What the command line asks for. @throws StartProblem with the usage */
export function readRenormaliseWish(args: string[]): RenormaliseWish {
  const { 'dry-run': dryRun, merchant: merchantId, session: sessionId } = parsed(args);
  if (merchantId === '' || (sessionId !== undefined && !uuid.test(sessionId))) throw new StartProblem(usage);
  return { dryRun, merchantId, sessionId };
}

function parsed(args: string[]) {
  try {
    return parseArgs({ args, options, strict: true, allowPositionals: false }).values;
  } catch {
    throw new StartProblem(usage);
  }
}
