import type { ServerResponse } from 'node:http';
import type { Visits } from './visits.ts';

const maxStreams = 200;
/** Then the browser comes again by itself and looks anew: a webhook that never came costs seconds, not the result. */
const streamMs = 15_000;
const reconnectMs = 1_000;

/**
 * Server-Sent Events: tells open pages that there is something new, never what. The page then asks for itself
 * again, with the visitor's cookie, so there is one way only on which data reach a browser.
 */
export class LiveUpdates {
  readonly #visits: Visits;
  #streams = 0;

  constructor(visits: Visits) {
    this.#visits = visits;
  }

  open(sessionId: string, response: ServerResponse): void {
    if (this.#streams >= maxStreams) {
      response.writeHead(503, { 'retry-after': '5' }).end();
      return;
    }
    this.#streams += 1;
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    response.write(`retry: ${reconnectMs}\n\n`);
    const tell = () => response.write('event: changed\ndata:\n\n');
    const stopListening = this.#visits.listen(sessionId, tell);
    const timer = setTimeout(() => response.end(), streamMs);
    response.once('close', () => {
      clearTimeout(timer);
      stopListening();
      this.#streams -= 1;
    });
    tell(); // it may have happened between the page and this stream
  }
}
