import { Logger as QueueLogger } from 'graphile-worker';
import type { Logger } from '../telemetry/logger.ts';

/** The queue's own messages are for its developers; only what an operator must see goes above debug. */
export function queueLogger(logger: Logger): QueueLogger {
  return new QueueLogger(() => (level, message, meta) => {
    // A failed job has had its line already, from us.
    if (meta?.failure === true) logger.debug(message);
    else if (level === 'error') logger.error(message);
    else if (level === 'warning') logger.warn(message);
    else logger.debug(message);
  });
}
