import type { Connectors } from '../banking/connector.ts';
import { type BerlinGroupDeps, berlinGroupConnector } from '../connectors/berlin-group/connector.ts';
import type { HealthService } from '../institutions/health-service.ts';
import { measured } from '../institutions/measured-connector.ts';

/** A new protocol family is a folder and one line here. With `health`, how each bank answers is noted. */
export function createConnectors(deps: BerlinGroupDeps, health?: HealthService): Connectors {
  const all = [berlinGroupConnector(deps)];
  return new Map(
    all.map((connector) => [connector.protocol, health ? measured(connector, health) : connector]),
  );
}
