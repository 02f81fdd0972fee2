import { createServer } from 'node:http';
import { reportPage } from './report-rows.ts';

/**
 * A bank that costs nothing: every page of its reports is made before anybody asks. A base path for each length of
 * report, e.g. `/10000/v1`. Compiled before it runs, as the product is.
 */
const rowsPerPage = 500;
const lengths = [10_000, 100_000];
const pages = new Map<string, Buffer>();

for (const length of lengths) {
  const path = `/${length}/v1/accounts/a1/transactions`;
  const account = {
    resourceId: 'a1',
    iban: 'DE02999000100000000001',
    currency: 'EUR',
    cashAccountType: 'CACC',
  };
  pages.set(`/${length}/v1/accounts 0`, Buffer.from(JSON.stringify({ accounts: [account] })));
  for (let first = 0; first < length; first += rowsPerPage) {
    const next = first + rowsPerPage < length ? `${path}?page=${first + rowsPerPage}` : undefined;
    pages.set(`${path} ${first}`, Buffer.from(reportPage(first, rowsPerPage, next)));
  }
}

const server = createServer((request, response) => {
  const url = new URL(request.url ?? '/', 'http://bank.invalid');
  const page = pages.get(`${url.pathname} ${url.searchParams.get('page') ?? 0}`);
  response.writeHead(page ? 200 : 404, { 'content-type': 'application/json' }).end(page ?? '{}');
});
server.keepAliveTimeout = 60_000;
server.listen(Number(process.env.PORT), '127.0.0.1', () => process.send?.({}));
process.on('disconnect', () => process.exit());
