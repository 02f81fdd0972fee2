import { lookup, Resolver } from 'node:dns/promises';

/** All addresses of a name, both families. Rejects when there is none. */
export type Resolve = (host: string) => Promise<readonly string[]>;

const queryTimeoutMs = 2_000;
const queryTries = 2;

/**
 * Asks the network's DNS servers directly. Not `dns.lookup`, which is what sockets use by themselves: that
 * one occupies threads of a pool of four for as long as a dead name server keeps it waiting, so a few
 * hostile names would delay every other receiver and bank.
 */
export function networkResolver(): Resolve {
  const resolver = new Resolver({ timeout: queryTimeoutMs, tries: queryTries });
  return async (host) => {
    const [v4, v6] = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)]);
    const found = [v4, v6].flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
    if (found.length === 0) throw new Error('the name has no address');
    return found;
  };
}

/** As the machine resolves names itself, hosts file included: for origins that the operator wrote down. */
export async function systemResolve(host: string): Promise<readonly string[]> {
  const found = await lookup(host, { all: true });
  return found.map((answer) => answer.address);
}
