const maxFrames = 12;

/** An error without its words: those of a driver or a bank may quote what they failed on. */
export interface DescribedFailure {
  readonly type: string;
  readonly code?: string;
  /** Where in the code, nearest first. */
  readonly at: readonly string[];
  readonly cause?: DescribedFailure;
}

export function describeFailure(thrown: unknown): DescribedFailure {
  if (!(thrown instanceof Error)) return { type: typeof thrown, at: [] };
  const code = 'code' in thrown ? constant(thrown.code) : undefined;
  return {
    type: constant(thrown.name) ?? 'Error',
    ...(code === undefined ? {} : { code }),
    at: frames(thrown),
    ...(thrown.cause instanceof Error ? { cause: describeFailure(thrown.cause) } : {}),
  };
}

/** What the queue is told, logs, and keeps as the job's last error. */
export class JobFailure extends Error {
  override readonly name = 'JobFailure';

  constructor(task: string, { type, code }: DescribedFailure) {
    super(`${task}: ${type}${code === undefined ? '' : ` (${code})`}`);
  }
}

/** Class names and codes are short and of one word; anything else is somebody's text. */
function constant(value: unknown): string | undefined {
  return typeof value === 'string' && /^\w{1,50}$/.test(value) ? value : undefined;
}

function frames({ stack = '', message }: Error): string[] {
  const lines = stack.replace(message, '').split('\n');
  return lines
    .filter((line) => /^ {4}at .*:\d+:\d+\)?$/.test(line))
    .map((line) => line.trim())
    .slice(0, maxFrames);
}
