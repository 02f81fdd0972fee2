import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import path from 'node:path';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { newApiKey, printApiKey } from '../src/merchants/api-key.ts';
import { sandboxMerchantId } from '../src/merchants/merchant.ts';
import { freePort, nestedScope } from './processes.ts';
import { type Site, untilAnswers, untilReady } from './servers.ts';
import { createSession } from './sessions.ts';

const maxRedirects = 5;

interface Fetched {
  readonly url: URL;
  /** As it came over the wire. */
  readonly body: Buffer;
  readonly text: string;
}

/** Of the bodies as they were sent. */
export interface PageWeights {
  /** To a browser that comes over https. */
  readonly br: number;
  /** To one that comes over plain http, where browsers do not ask for brotli. */
  readonly gzip: number;
}

/** H1, in bytes: the page that a newcomer's first session shows, in the whole system that `npm start` starts. */
export async function weighFirstPage(run: AsyncDisposableStack, site: Site): Promise<PageWeights> {
  await using scope = nestedScope(run);
  const apiKey = printApiKey(newApiKey(sandboxMerchantId, 'sandbox'));
  const [port, bankPort, examplePort] = [await freePort(), await freePort(), await freePort()];
  const env = {
    HOST: '127.0.0.1',
    PORT: String(port),
    PUBLIC_URL: `http://127.0.0.1:${port}`,
    SANDBOX_BANK_PORT: String(bankPort),
    EXAMPLE_PORT: String(examplePort),
    DATABASE_URL: site.databaseUrl,
    TRELLIS_MASTER_KEY: site.masterKey,
    TRELLIS_DATA_DIR: path.join(site.folder, 'start'),
    TRELLIS_SANDBOX_API_KEY: apiKey,
  };
  const args = ['--import', 'tsx', 'src/main.ts', 'start'];
  const { origin, process } = await untilReady(scope, port, { args, env });
  // The last of its parts to come: whoever stops the system before it is whole measures how it fails.
  await untilAnswers(process, `http://127.0.0.1:${examplePort}/`);
  const { redirectUrl } = await createSession(origin, apiKey);
  return {
    br: await weigh(redirectUrl, 'gzip, deflate, br, zstd'),
    gzip: await weigh(redirectUrl, 'gzip, deflate'),
  };
}

/**
 * What a browser that has been here never before loads to show the first page of the flow: the page and every
 * stylesheet, script and icon that it names. Pictures in the page are the banks' and merchants' logos, which do not count.
 */
async function weigh(redirectUrl: string, acceptEncoding: string): Promise<number> {
  const page = await follow(new URL(redirectUrl), acceptEncoding);
  const files = await Promise.all(linkedFrom(page).map((url) => fetchRaw(url, acceptEncoding, [])));
  return [page, ...files].reduce((bytes, { body }) => bytes + body.length, 0);
}

/** Follows redirects with the cookies that they set, as a browser does. */
async function follow(start: URL, acceptEncoding: string): Promise<Fetched> {
  const cookies: string[] = [];
  let url = start;
  for (let hop = 0; hop < maxRedirects; hop += 1) {
    const { location, setCookie, ...fetched } = await fetchRaw(url, acceptEncoding, cookies);
    cookies.push(...setCookie.map((cookie) => cookie.split(';')[0] ?? ''));
    if (location === undefined) return fetched;
    url = new URL(location, url);
  }
  throw new Error(`more than ${maxRedirects} redirects from ${start.pathname}`);
}

async function fetchRaw(
  url: URL,
  acceptEncoding: string,
  cookies: readonly string[],
): Promise<Fetched & { location: string | undefined; setCookie: string[] }> {
  const headers = {
    'accept-encoding': acceptEncoding,
    'accept-language': 'en',
    accept: 'text/html,*/*',
    ...(cookies.length > 0 && { cookie: cookies.join('; ') }),
  };
  const [response] = (await once(get(url, { headers, agent: false }), 'response')) as [IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  const { statusCode = 0 } = response;
  if (statusCode >= 400) throw new Error(`${url.pathname} answered ${statusCode}`);
  const body = Buffer.concat(chunks);
  return {
    url,
    body,
    text: decode(body, response.headers['content-encoding']),
    location: statusCode >= 300 ? response.headers.location : undefined,
    setCookie: response.headers['set-cookie'] ?? [],
  };
}

function decode(body: Buffer, encoding: string | undefined): string {
  if (encoding === 'br') return brotliDecompressSync(body).toString('utf8');
  if (encoding === 'gzip') return gunzipSync(body).toString('utf8');
  return body.toString('utf8');
}

function linkedFrom({ url, text }: Fetched): URL[] {
  const links = [...text.matchAll(/<link\b[^>]*>/g)].filter(([tag]) =>
    /rel="?(?:stylesheet|icon|preload)/.test(tag),
  );
  const scripts = [...text.matchAll(/<script\b[^>]*>/g)];
  const targets = [...links, ...scripts].flatMap(([tag]) => /(?:href|src)="([^"]+)"/.exec(tag)?.[1] ?? []);
  return [...new Set(targets)].map((target) => new URL(target.replaceAll('&amp;', '&'), url));
}
