import { createRequire } from 'node:module';
import pino from 'pino';

export type Logger = pino.Logger;

/** What never belongs in a log line, wherever a library puts it. Our own lines carry ids and codes only. */
const redactedPaths = [
  'req.headers.authorization',
  'req.headers.cookie',
  'req.headers["x-ivy-api-key"]',
  'headers.authorization',
  'headers.cookie',
  '*.password',
  '*.secret',
  '*.token',
];

/**
 * Readable lines on a terminal, JSON otherwise. Errors are logged by class, message, code and stack of our
 * code; answers of banks and receivers are never passed to the logger at all.
 */
export function createLogger(options: { level: string; readable: boolean }): Logger {
  const settings: pino.LoggerOptions = {
    level: options.level,
    base: null,
    redact: { paths: redactedPaths, censor: '[redacted]' },
    serializers: { err: describeError },
    timestamp: pino.stdTimeFunctions.isoTime,
  };
  if (!options.readable) return pino(settings, pino.destination({ fd: 1, sync: false }));
  return pino(settings, readableStream());
}

/** Loaded only where somebody reads along: in production it would cost every start 20 ms and 4 MB. */
function readableStream(): pino.DestinationStream {
  const pretty = createRequire(import.meta.url)('pino-pretty') as typeof import('pino-pretty');
  return pretty({ colorize: true, translateTime: 'HH:MM:ss', ignore: 'pid,hostname', sync: true });
}

interface DescribedError {
  type: string;
  message: string;
  code?: unknown;
  stack?: string | undefined;
  cause?: DescribedError;
}

/**
 * Only named fields pass. What PostgreSQL says may quote the values it failed on, in its words, its `detail` and
 * the stack's first line: of it the code and the places remain.
 */
export function describeError(error: unknown): DescribedError {
  if (!(error instanceof Error)) return { type: typeof error, message: 'not an Error' };
  const isOfDatabase = 'severity' in error && 'routine' in error;
  return {
    type: error.name,
    message: isOfDatabase ? 'the database refused a statement' : error.message,
    ...('code' in error ? { code: error.code } : {}),
    stack: isOfDatabase ? error.stack?.replace(error.message, '') : error.stack,
    ...(error.cause instanceof Error ? { cause: describeError(error.cause) } : {}),
  };
}
