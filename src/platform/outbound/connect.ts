import { isIP, type LookupFunction } from 'node:net';
import type { SecureContext } from 'node:tls';
import { buildConnector } from 'undici';
import { literalAddress } from './address.ts';
import { OutboundFailure } from './failure.ts';
import type { Guard } from './guard.ts';

export const connectTimeoutMs = 10_000;

/**
 * Opens the connections of one origin. The guard is asked here, on the addresses that the socket is about
 * to dial and nowhere earlier: between an earlier check and this one a name could have changed.
 */
export function guardedConnector(
  guard: Guard,
  origin: URL,
  secureContext?: SecureContext,
): buildConnector.connector {
  const connect = buildConnector({
    allowH2: false,
    timeout: connectTimeoutMs,
    autoSelectFamily: true,
    lookup: guardedLookup(guard, origin),
    ...(secureContext && { secureContext }),
  });
  return (options, done) => {
    const callback = keepingAlerts(done);
    if (literalAddress(origin.hostname) === undefined) return connect(options, callback);
    // A socket asks its lookup only for names; an address in the URL has to be vetted here.
    vetted(guard, origin).then(
      () => connect(options, callback),
      (refused: Error) => callback(refused, null),
    );
  };
}

/**
 * In TLS 1.3 a server refuses our certificate only after the handshake, by an alert and the end of the connection.
 * The socket tells both, and undici would report the latter: so what came first ends the connection at once.
 */
function keepingAlerts(callback: buildConnector.Callback): buildConnector.Callback {
  return (...[error, socket]) => {
    if (error !== null) return callback(error, null);
    socket.once('error', (alert) => socket.destroy(alert));
    callback(null, socket);
  };
}

function guardedLookup(guard: Guard, origin: URL): LookupFunction {
  return (_hostname, options, callback) => {
    vetted(guard, origin).then(
      (addresses) => {
        const found = addresses.map((address) => ({ address, family: isIP(address) }));
        const [first] = found;
        if (options.all === true) callback(null, found);
        else callback(null, first?.address ?? '', first?.family);
      },
      (refused: Error) => callback(refused, ''),
    );
  };
}

async function vetted(guard: Guard, origin: URL): Promise<readonly string[]> {
  const addresses = await guard.addresses(origin);
  if (Array.isArray(addresses)) return addresses;
  throw new OutboundFailure(
    addresses === 'dns' ? 'dns' : 'refused-address',
    `connection to ${origin.origin}`,
  );
}
