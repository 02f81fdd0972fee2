import type { FastifyRequest } from 'fastify';
import type { Bank } from '../bank.ts';
import { subjectFor } from '../oauth/grant-service.ts';
import { findPersona, type Persona, personas } from '../personas/persona.ts';
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
  if (bank.deviations.shortPsuIds && psuId.length > 10) {
    throw formatError('PSU-ID', 'Ten characters at most are expected here.');
  }
  const persona = customerNamed(psuId.trim().toLowerCase(), bank);
  if (persona === undefined) {
    throw new TppError('PSU_CREDENTIALS_INVALID', 'No customer of this bank has this id.', {
      path: 'PSU-ID',
    });
  }
  return persona;
}

/** True for a customer who has another password, by the kind of login that he was named with. */
export function hasAdditionalPassword(request: FastifyRequest, { deviations }: Bank): boolean {
  const { additionalPasswordFor } = deviations;
  return additionalPasswordFor !== undefined && headerText(request, 'psu-id-type') === additionalPasswordFor;
}

/** By his user name, unless the bank has another name for him. */
function customerNamed(psuId: string, bank: Bank): Persona | undefined {
  if (bank.deviations.shortPsuIds) return findPersona(psuId.replace(/0+$/, ''));
  if (!bank.deviations.psuIdIsSubject) return findPersona(psuId);
  return personas.find(({ userName }) => subjectFor(bank, userName) === psuId);
}

export function mandatoryPsuOf(request: FastifyRequest, bank: Bank): Persona {
  const persona = psuOf(request, bank);
  if (persona === undefined) throw formatError('PSU-ID', 'This header is mandatory.');
  return persona;
}
