import type { FastifyRequest } from 'fastify';
import type { Bank } from '../bank.ts';
import { findPersona, type Persona } from '../personas/persona.ts';
import { headerText } from '../request-parts.ts';
import { formatError, TppError } from './tpp-error.ts';

/** Who PSU-ID says that the PSU is; undefined where the header is missing. His id is his user name. */
export function psuOf(request: FastifyRequest, bank: Bank): Persona | undefined {
  const psuId = headerText(request, 'psu-id');
  if (psuId === undefined) return undefined;
  const { psuIdTypes } = bank.deviations;
  const type = headerText(request, 'psu-id-type');
  if (psuIdTypes !== undefined && (type === undefined || !psuIdTypes.includes(type))) {
    throw formatError('PSU-ID-Type', `One of these is expected here: ${psuIdTypes.join(', ')}.`);
  }
  const persona = findPersona(psuId.trim().toLowerCase());
  if (persona === undefined) {
    throw new TppError('PSU_CREDENTIALS_INVALID', 'No customer of this bank has this id.', {
      path: 'PSU-ID',
    });
  }
  return persona;
}

export function mandatoryPsuOf(request: FastifyRequest, bank: Bank): Persona {
  const persona = psuOf(request, bank);
  if (persona === undefined) throw formatError('PSU-ID', 'This header is mandatory.');
  return persona;
}
